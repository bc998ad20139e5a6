-- Purpose: what each part of a dataset's audit found, in words.
-- Parameters: $dataset.
-- Columns: part, summary, notes, in the order in which they were written.
select part, summary, notes from audit_parts where dataset = $dataset
