-- Purpose: the clips of a dataset that hold the same sound, exact copies first, then the most alike.
-- Parameters: $dataset.
-- Columns: first, second, kind ('exact' or 'near'), similarity, lag_s, shared_s, group.
select first, second, kind, similarity, lag_s, shared_s, "group"
from audit_pairs
where dataset = $dataset
order by kind, similarity desc, first, second
