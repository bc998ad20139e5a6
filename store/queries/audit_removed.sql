-- Purpose: the clips without which nothing crosses a dataset's split.
-- Parameters: $dataset.
-- Columns: clip_id, tie, value, side.
select clip_id, tie, value, side from audit_removed where dataset = $dataset order by tie, value, clip_id
