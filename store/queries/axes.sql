-- Purpose: what the axes of one projection are made of.
-- Parameters: $projection_id.
-- Columns: axis, explained, columns, loadings.
select axis, explained, columns, loadings
from projection_axes
where projection_id = $projection_id
order by axis
