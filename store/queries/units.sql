-- Purpose: what each stage has computed, and by which key each result is known.
-- Parameters: none.
-- Columns: stage, dataset, view, key.
select stage, dataset, view, key from units order by stage, dataset, view
