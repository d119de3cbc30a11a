left join clock on clock.evidence = {{of}}.{{evidence}}
