-- Purpose: what a build compares the recordings on disk with.
-- Parameters: none.
-- Columns: all of clips.
select * from clips
