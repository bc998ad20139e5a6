-- Purpose: what experiments and audits of each dataset depend on beside its views: all that is known of its clips.
-- Parameters: none.
-- Columns: dataset, hash (changes when a clip comes, goes or changes, or when anything known of it does).
select
    dataset,
    md5(string_agg(
        concat_ws(
            '|', clip_id, content_hash,
            coalesce(label, ''), coalesce(fold::varchar, ''), coalesce(split, ''), coalesce(source, ''),
            coalesce(speaker, ''), coalesce(sex, ''), coalesce(dialect, ''), coalesce(sentence, '')
        ),
        chr(10) order by clip_id
    )) as hash
from clips
group by dataset
order by dataset
