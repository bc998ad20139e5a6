-- Purpose: every clustering of one dataset at once, with numbers in the place of names.
-- Parameters: $dataset.
-- Columns: clustering_number (place in clustering_ids.sql, from 0), clip_number (place in clip_ids.sql,
--          from 0), cluster (-1: noise); in no order.
select owner.number as clustering_number, clip.number as clip_number, m.cluster
from cluster_members m
join (select clustering_id, row_number() over (order by clustering_id) - 1 as number
      from clusterings where dataset = $dataset) owner using (clustering_id)
join (select clip_id, row_number() over (order by clip_id) - 1 as number
      from clips where dataset = $dataset) clip using (clip_id)
