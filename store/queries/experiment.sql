-- Purpose: one experiment.
-- Parameters: $experiment_id.
-- Columns: all of experiments.
select * from experiments where experiment_id = $experiment_id
