-- Purpose: which cluster each clip is in.
-- Parameters: $clustering_id.
-- Columns: clip_id, cluster (-1: noise), strength, in the order of clip_id.
select clip_id, cluster, strength from cluster_members where clustering_id = $clustering_id order by clip_id
