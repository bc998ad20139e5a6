-- Purpose: what the analyses of each dataset depend on beside its views: its clips, their content, their labels.
-- Parameters: none.
-- Columns: dataset, hash (changes when a clip comes, goes or changes, or gets another label).
select
    dataset,
    md5(string_agg(clip_id || ':' || content_hash || ':' || coalesce(label, ''), '|' order by clip_id)) as hash
from clips
group by dataset
order by dataset
