-- Purpose: the fingerprints of a dataset's clips.
-- Parameters: $dataset, $version (of the way they are computed).
-- Columns: clip_id, fingerprint; clips without one are left out, the others are in the order of clip_id.
select c.clip_id, f.fingerprint
from clips c join fingerprints f using (content_hash)
where c.dataset = $dataset and f.version = $version
order by c.clip_id
