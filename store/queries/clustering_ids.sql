-- Purpose: the clusterings that all_members numbers.
-- Parameters: $dataset.
-- Columns: clustering_id, in its order.
select clustering_id from clusterings where dataset = $dataset order by clustering_id
