-- Purpose: one column of a view over one dataset, without reading the others into Python.
-- Parameters: $dataset, $position (counted from 1); {table} is the view's own table.
-- Columns: clip_id, value, in the order of clip_id.
select v.clip_id, v.vector[$position] as value
from {table} v
join clips c using (clip_id)
where c.dataset = $dataset
order by v.clip_id
