-- Purpose: which clips have a vector in one view.
-- Parameters: none; {table} is the view's own table.
-- Columns: clip_id.
select clip_id from {table}
