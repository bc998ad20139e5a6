-- Purpose: the history of builds, newest first.
-- Parameters: none.
-- Columns: all of builds, then seconds (NULL while a build runs or was killed).
select *, date_diff('millisecond', started_at, finished_at) / 1000 as seconds
from builds
order by started_at desc, build_id desc
