-- Purpose: how the analyses of two snapshots differ; old_units and new_units are made by compare.py.
-- Parameters: none.
-- Columns: dataset, view, change (added, removed, computed anew, results kept or let go), old_results,
--          new_results (projections and clusterings together).
select
    coalesce(n.dataset, o.dataset) as dataset,
    coalesce(n.view, o.view) as view,
    case
        when o.key is null then 'added'
        when n.key is null then 'removed'
        when o.key <> n.key then 'computed anew'
        else 'results kept or let go'
    end as change,
    o.results as old_results,
    n.results as new_results
from old_units o
full join new_units n on o.dataset = n.dataset and o.view = n.view
where (o.key, o.results) is distinct from (n.key, n.results)
order by all
