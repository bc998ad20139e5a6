-- Purpose: what one experiment predicted of each clip that it tested.
-- Parameters: $experiment_id.
-- Columns: clip_id, fold, truth, predicted, probabilities (in the order of the experiment's classes), by clip_id.
select clip_id, fold, truth, predicted, probabilities
from predictions
where experiment_id = $experiment_id
order by clip_id
