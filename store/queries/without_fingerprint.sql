-- Purpose: the recordings of some datasets that have no fingerprint yet, each content once.
-- Parameters: $datasets (names), $version (of the way fingerprints are computed).
-- Columns: content_hash, clip_id, root, relative_path (where to find it).
select
    c.content_hash,
    min(c.clip_id) as clip_id,
    arg_min(d.path, c.clip_id) as root,
    arg_min(c.relative_path, c.clip_id) as relative_path
from clips c join datasets d using (dataset)
where
    c.dataset in (select unnest($datasets))
    and not exists (from fingerprints f where f.content_hash = c.content_hash and f.version = $version)
group by c.content_hash
order by clip_id
