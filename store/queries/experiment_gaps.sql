-- Purpose: what could not be learned of one dataset, and why.
-- Parameters: $dataset.
-- Columns: target, what, reason.
select target, what, reason from experiment_gaps where dataset = $dataset order by target, what
