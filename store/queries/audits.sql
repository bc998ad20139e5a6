-- Purpose: which datasets were audited, and from what.
-- Parameters: none.
-- Columns: dataset, key (changes when clips, the experiment, or how it is computed would), experiment_id (whose
--   probabilities the label issues are from; null where there was none), clips, seconds.
select dataset, key, experiment_id, clips, seconds from audits order by dataset
