-- Purpose: what lies on both sides of a dataset's split, what ties the most clips first.
-- Parameters: $dataset.
-- Columns: tie, value, sides, clips, removed.
select tie, value, sides, clips, removed
from audit_ties
where dataset = $dataset
order by clips desc, tie, value, sides
