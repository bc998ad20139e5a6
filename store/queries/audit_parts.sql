-- Purpose: what each part of a dataset's audit found, in words.
-- Parameters: $dataset.
-- Columns: part, told, notes.
select part, told, notes from audit_parts where dataset = $dataset order by rowid
