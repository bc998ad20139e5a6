-- Purpose: how many clips of each dataset have a vector in one view.
-- Parameters: none; {table} is the view's own table.
-- Columns: dataset, clips.
select c.dataset, count(*) as clips
from {table} v
join clips c using (clip_id)
group by c.dataset
order by c.dataset
