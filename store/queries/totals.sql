-- Purpose: what a build signs into the history of what the store holds at its end.
-- Parameters: none.
-- Columns: clips, failed.
select (select count(*) from clips) as clips, (select count(*) from failures) as failed
