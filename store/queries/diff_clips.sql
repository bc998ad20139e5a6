-- Purpose: how the clips of two snapshots differ; the older is attached as old, the newer is the default.
-- Parameters: none.
-- Columns: dataset, clip_id, change (added, removed, changed recording, changed labels).
select
    coalesce(n.dataset, o.dataset) as dataset,
    coalesce(n.clip_id, o.clip_id) as clip_id,
    case
        when o.clip_id is null then 'added'
        when n.clip_id is null then 'removed'
        when o.content_hash <> n.content_hash then 'changed recording'
        else 'changed labels'
    end as change
from old.clips o
full join clips n on o.clip_id = n.clip_id
where o.clip_id is null
   or n.clip_id is null
   or o.content_hash <> n.content_hash
   or (o.label, o.label_group, o.fold, o.split, o.source, o.take, o.speaker, o.sex, o.dialect,
       o.age_years, o.height_cm, o.sentence, o.sentence_type, o.text)
      is distinct from
      (n.label, n.label_group, n.fold, n.split, n.source, n.take, n.speaker, n.sex, n.dialect,
       n.age_years, n.height_cm, n.sentence, n.sentence_type, n.text)
order by all
