-- Purpose: the vectors of one view over one dataset.
-- Parameters: $dataset (NULL: all datasets); {table} is the view's own table, from sql.view_table.
-- Columns: clip_id, vector, in the order of clip_id.
select v.clip_id, v.vector
from {table} v
join clips c using (clip_id)
where $dataset is null or c.dataset = $dataset
order by v.clip_id
