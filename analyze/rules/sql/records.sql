select *
from (
    select
        {{columns}},
        {{texts}}
    from (
        select e.*, try(json_extract(e.sigma_document, [{{paths}}]::varchar[])) as sigma_found
        from (
            select e.*, {{document}} as sigma_document
            from (
                select e.*, coalesce(try(decode(r.raw)), r.raw::varchar) as sigma_raw
                from (
                    select {{columns}}, e.evidence_id as sigma_evidence, e.record as sigma_record
                    from {{view}} e
                    {{where}}
                    qualify e.part = min(e.part) over (partition by e.evidence_id, e.record)
                ) e
                join {{records}} r on r.evidence_id = e.sigma_evidence and r.record = e.sigma_record
            ) e
        ) e
    ) e
) e
-- What matches no rule is not kept: a row may hold its whole record.
where {{any}}
