-- Purpose: how the clips of two snapshots differ, attached as old and new.
-- Parameters: none.
-- Columns: dataset, clip_id, change (added, removed, changed recording, changed labels).
select
    coalesce(new_clip.dataset, old_clip.dataset) as dataset,
    coalesce(new_clip.clip_id, old_clip.clip_id) as clip_id,
    case
        when old_clip.clip_id is null then 'added'
        when new_clip.clip_id is null then 'removed'
        when old_clip.content_hash <> new_clip.content_hash then 'changed recording'
        else 'changed labels'
    end as change
from old.clips old_clip
full join new.clips new_clip on old_clip.clip_id = new_clip.clip_id
where old_clip.clip_id is null
   or new_clip.clip_id is null
   or old_clip.content_hash <> new_clip.content_hash
   or (old_clip.label, old_clip.label_group, old_clip.fold, old_clip.split, old_clip.source,
       old_clip.speaker, old_clip.sex, old_clip.dialect, old_clip.sentence, old_clip.text)
      is distinct from
      (new_clip.label, new_clip.label_group, new_clip.fold, new_clip.split, new_clip.source,
       new_clip.speaker, new_clip.sex, new_clip.dialect, new_clip.sentence, new_clip.text)
order by all
