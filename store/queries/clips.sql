-- Purpose: everything known of the clips of one dataset.
-- Parameters: $dataset.
-- Columns: all of clips, in the order of clip_id.
select * from clips where dataset = $dataset order by clip_id
