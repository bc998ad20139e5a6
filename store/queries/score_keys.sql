-- Purpose: which scores have been computed, or tried in vain, and from what.
-- Parameters: none.
-- Columns: dataset, view, score, key (changes when clips, vectors, or how it is computed would).
select dataset, view, score, key from scores order by dataset, view, score
