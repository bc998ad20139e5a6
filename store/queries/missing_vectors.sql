-- Purpose: how many clips have no vector in one view.
-- Parameters: none; {table} is the view's own table.
-- Columns: clips.
select count(*) as clips from clips where clip_id not in (select clip_id from {table})
