-- Purpose: one row a dataset: what it is and how much of it the store holds.
-- Parameters: none.
-- Columns: all of datasets, then clips, hours, classes, speakers, failures.
select
    d.*,
    count(c.clip_id)                             as clips,
    coalesce(sum(c.duration_s), 0) / 3600        as hours,
    count(distinct c.label)                      as classes,
    count(distinct c.speaker)                    as speakers,
    (select count(*) from failures f where f.dataset = d.dataset) as failures
from datasets d
left join clips c using (dataset)
group by all
order by d.synthetic, d.dataset
