-- Purpose: the datasets as they were registered, their remembered paths included.
-- Parameters: none.
-- Columns: all of datasets.
select * from datasets order by dataset
