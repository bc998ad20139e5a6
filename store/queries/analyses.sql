-- Purpose: what was computed of one dataset, stage by stage: its views, and 'all' for all of them together.
-- Parameters: $dataset.
-- Columns: stage, view, key, clips, seconds, notes.
select stage, view, key, clips, seconds, notes from units where dataset = $dataset order by view, stage
