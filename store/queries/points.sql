-- Purpose: where the clips lie in one projection.
-- Parameters: $projection_id.
-- Columns: clip_id, position, trustworthiness, continuity, in the order of clip_id.
select clip_id, position, trustworthiness, continuity
from projection_points
where projection_id = $projection_id
order by clip_id
