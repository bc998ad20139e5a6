-- Purpose: how the views of two snapshots differ; the older is attached as old, the newer is the default.
-- Parameters: none.
-- Columns: view, change (added, removed, computed otherwise), old_version, new_version.
select
    coalesce(n.view, o.view) as view,
    case
        when o.view is null then 'added'
        when n.view is null then 'removed'
        else 'computed otherwise'
    end as change,
    o.version as old_version,
    n.version as new_version
from old.views o
full join views n on o.view = n.view
where o.key is distinct from n.key
order by all
