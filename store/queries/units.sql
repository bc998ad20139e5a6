-- Purpose: what is analysed, and by which key each result is known.
-- Parameters: none.
-- Columns: dataset, view, key.
select dataset, view, key from analyses order by dataset, view
