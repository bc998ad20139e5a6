-- Purpose: the clips without which nothing crosses a dataset's split.
-- Parameters: $dataset.
-- Columns: clip_id, kind, value, side.
select clip_id, kind, value, side from audit_removed where dataset = $dataset order by kind, value, clip_id
