-- Purpose: what lies on both sides of a dataset's split, what links the most clips first.
-- Parameters: $dataset.
-- Columns: kind, value, sides, clips, removed.
select kind, value, sides, clips, removed
from audit_leaks
where dataset = $dataset
order by clips desc, kind, value, sides
