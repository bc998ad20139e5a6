-- Purpose: the views that networks made, and of which datasets.
-- Parameters: none.
-- Columns: view, dataset, key (of the training), clips (0: it was trained on other clips than there are now).
select view, dataset, key, clips from embeddings order by view, dataset
