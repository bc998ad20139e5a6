-- Purpose: what has been learned, or tried in vain, and from what.
-- Parameters: none.
-- Columns: experiment_id, dataset, key (changes when clips, views, or how it is computed would), subset, origin
--   (null for what could not be learned).
select experiment_id, dataset, key, subset, origin from experiments
union all by name
select experiment_id, dataset, key, 'all' as subset, null as origin from experiment_gaps
order by experiment_id
