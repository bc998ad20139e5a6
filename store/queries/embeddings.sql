-- Purpose: the views that networks made, and of which datasets.
-- Parameters: none.
-- Columns: view, dataset, key (of the training), clips (0: it was trained on other clips than there are now),
--   missing (clips that have no vector), reason (why not; null where none is missing).
select view, dataset, key, clips, missing, reason from embeddings order by view, dataset
