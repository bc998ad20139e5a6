-- Purpose: the clusterings of one dataset with their scores, the first of the ranking first.
-- Parameters: $dataset.
-- Columns: all of clusterings; by clustering_id where nothing is ranked.
select * from clusterings where dataset = $dataset order by place nulls last, rank nulls last, clustering_id
