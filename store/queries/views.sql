-- Purpose: the views the store holds.
-- Parameters: none.
-- Columns: all of views, in the order in which they were defined.
select * from views order by rowid
