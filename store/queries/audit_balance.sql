-- Purpose: how many clips of each label are on each side of a dataset's split.
-- Parameters: $dataset.
-- Columns: label, side, clips, expected, residual, verdict; sides in their order, folds by number.
select label, side, clips, expected, residual, verdict
from audit_balance
where dataset = $dataset
order by label, length(side), side
