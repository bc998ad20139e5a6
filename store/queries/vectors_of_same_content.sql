-- Purpose: the vectors of clips that have the content of other clips.
-- Parameters: $ids, $hashes: clips and their content hashes, side by side;
--             {table} is the view's own table.
-- Columns: clip_id (one of $ids), vector.
select target.clip_id, any_value(v.vector) as vector
from (select unnest($ids) as clip_id, unnest($hashes) as content_hash) target
join clips c on c.content_hash = target.content_hash
join {table} v on v.clip_id = c.clip_id
group by target.clip_id
