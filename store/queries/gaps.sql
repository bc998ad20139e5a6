-- Purpose: what was not computed of one dataset, and why.
-- Parameters: $dataset.
-- Columns: view, what, reason.
select view, what, reason from analysis_gaps where dataset = $dataset order by view, what
