-- Purpose: the projections of one dataset with their quality.
-- Parameters: $dataset.
-- Columns: all of projections, those of a build before those a person kept.
select * from projections where dataset = $dataset order by view, origin, method, dimension, projection_id
