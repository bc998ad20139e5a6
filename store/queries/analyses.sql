-- Purpose: what was analysed of one dataset: its views, and 'all' for all of them together.
-- Parameters: $dataset.
-- Columns: view, key, clips, seconds, notes.
select view, key, clips, seconds, notes from analyses where dataset = $dataset order by view
