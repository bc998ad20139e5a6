-- Purpose: how far each label of a dataset is to be believed, the most doubtful first.
-- Parameters: $dataset.
-- Columns: clip_id, rank, given, suggested, self_confidence, margin, issue.
select clip_id, rank, given, suggested, self_confidence, margin, issue
from audit_doubts
where dataset = $dataset
order by rank
