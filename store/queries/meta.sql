-- Purpose: what the file says of itself: the version of its tables, the snapshot it was built on.
-- Parameters: none.
-- Columns: key, value.
select key, value from meta
