-- Purpose: the condensed tree of one HDBSCAN clustering.
-- Parameters: $clustering_id.
-- Columns: parent, child, lambda, size, selected.
select parent, child, "lambda", size, selected
from cluster_trees
where clustering_id = $clustering_id
order by parent, child
