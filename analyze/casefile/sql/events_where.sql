and (
{{where}}
)
