-- Purpose: how the experiments of two snapshots differ; old_experiments and new_experiments are made by compare.py.
-- Parameters: none.
-- Columns: experiment_id, change (added, removed, made anew), old_accuracy, new_accuracy (0 to 1).
select
    coalesce(n.experiment_id, o.experiment_id) as experiment_id,
    case
        when o.key is null then 'added'
        when n.key is null then 'removed'
        else 'made anew'
    end as change,
    o.accuracy as old_accuracy,
    n.accuracy as new_accuracy
from old_experiments o
full join new_experiments n on o.experiment_id = n.experiment_id
where (o.key, o.accuracy) is distinct from (n.key, n.accuracy)
order by all
