and e.eid in (select eid from holder_{{name}})
