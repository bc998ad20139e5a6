-- Purpose: how likely each label of a dataset is right, the most doubtful first.
-- Parameters: $dataset.
-- Columns: clip_id, rank, given, suggested, self_confidence, margin, issue.
select clip_id, rank, given, suggested, self_confidence, margin, issue
from audit_label_issues
where dataset = $dataset
order by rank
