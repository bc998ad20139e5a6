-- Purpose: files that did not become clips, and why.
-- Parameters: none.
-- Columns: dataset, relative_path, stage, reason.
select dataset, relative_path, stage, reason from failures order by dataset, relative_path
