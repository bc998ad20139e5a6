-- Purpose: every score of the clips of one dataset in one view.
-- Parameters: $dataset, $view ('all': of all views together).
-- Columns: clip_id, score, value; in the order of clip_id.
select clip_id, score, value from clip_scores where dataset = $dataset and view = $view order by clip_id, score
