-- Purpose: the views the store holds.
-- Parameters: none.
-- Columns: all of views, in the order of the registry.
select * from views order by position
