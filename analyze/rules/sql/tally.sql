select
    unnest([{{rules}}]::integer[]) as rule,
    unnest([{{counts}}]) as n
from {{rows}} e
