-- Purpose: some clips in full, each with the folder it lies in and what its label is called.
-- Parameters: $clip_ids, a list.
-- Columns: all of clips, then root, reader, dataset_title, label_name, synthetic, licence, citation, url.
select c.*, d.path as root, d.reader, d.title as dataset_title, d.label_name, d.synthetic,
       d.licence, d.citation, d.url
from clips c
join datasets d using (dataset)
where c.clip_id in (select unnest($clip_ids))
