-- Purpose: what the vectors of each dataset depend on beside how they are computed: its clips and their content.
-- Parameters: none.
-- Columns: dataset, hash (changes when a clip comes, goes or changes; not with its label).
select dataset, md5(string_agg(clip_id || ':' || content_hash, '|' order by clip_id)) as hash
from clips
group by dataset
order by dataset
