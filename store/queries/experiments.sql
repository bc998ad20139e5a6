-- Purpose: the experiments of one dataset, the most accurate first.
-- Parameters: $dataset.
-- Columns: all of experiments.
select * from experiments where dataset = $dataset order by accuracy desc, log_loss, experiment_id
