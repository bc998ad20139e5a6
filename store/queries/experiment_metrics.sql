-- Purpose: what was measured of one experiment: by fold, by class, by share of the training clips, by column.
-- Parameters: $experiment_id.
-- Columns: kind, name, metric, value, in the order in which they were written.
select kind, name, metric, value from experiment_metrics where experiment_id = $experiment_id
