-- Purpose: the clips that all_members numbers.
-- Parameters: $dataset.
-- Columns: clip_id, in its order.
select clip_id from clips where dataset = $dataset order by clip_id
