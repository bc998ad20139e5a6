-- Purpose: how the views of two snapshots differ, attached as old and new.
-- Parameters: none.
-- Columns: view, change (added, removed, computed otherwise), old_version, new_version.
select
    coalesce(new_view.view, old_view.view) as view,
    case
        when old_view.view is null then 'added'
        when new_view.view is null then 'removed'
        else 'computed otherwise'
    end as change,
    old_view.version as old_version,
    new_view.version as new_version
from old.views old_view
full join new.views new_view on old_view.view = new_view.view
where old_view.key is distinct from new_view.key
order by all
