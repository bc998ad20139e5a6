-- Purpose: the scores of one dataset: what each is, and whether it could be computed.
-- Parameters: $dataset.
-- Columns: all of scores, in the order of their names.
select * from scores where dataset = $dataset order by score, view
