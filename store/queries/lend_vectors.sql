-- Purpose: the vectors that clips may borrow from other clips of the same content.
-- Parameters: $ids, $hashes: the borrowers and their content hashes, side by side;
--             {table} is the view's own table.
-- Columns: clip_id (the borrower), vector.
select wanted.clip_id, any_value(v.vector) as vector
from (select unnest($ids) as clip_id, unnest($hashes) as content_hash) wanted
join clips c on c.content_hash = wanted.content_hash
join {table} v on v.clip_id = c.clip_id
group by wanted.clip_id
