-- Purpose: what a build knows of files that failed before, with the size and date they had then.
-- Parameters: none.
-- Columns: all of failures.
select * from failures
