-- Purpose: failures that came or went between two snapshots; the older is attached as old, the newer is the
--          default.
-- Parameters: none.
-- Columns: dataset, relative_path, change (new failure, mended or gone), reason.
select
    coalesce(n.dataset, o.dataset) as dataset,
    coalesce(n.relative_path, o.relative_path) as relative_path,
    case when o.relative_path is null then 'new failure' else 'mended or gone' end as change,
    coalesce(n.reason, o.reason) as reason
from old.failures o
full join failures n on o.dataset = n.dataset and o.relative_path = n.relative_path
where o.relative_path is null or n.relative_path is null
order by all
