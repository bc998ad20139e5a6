-- Purpose: how a training went, epoch by epoch.
-- Parameters: $experiment_id.
-- Columns: fold, epoch, metric, value.
select fold, epoch, metric, value
from experiment_history
where experiment_id = $experiment_id
order by fold, metric, epoch
