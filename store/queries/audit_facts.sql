-- Purpose: how well each fact of the recording alone names the label, the most telling first.
-- Parameters: $dataset.
-- Columns: fact, title, accuracy, balanced_accuracy, spread, chance, majority, clips.
select fact, title, accuracy, balanced_accuracy, spread, chance, majority, clips
from audit_facts
where dataset = $dataset
order by balanced_accuracy desc, fact
