-- Purpose: what could not be learned of one dataset, and of which of its clips networks made no vector, and why.
-- Parameters: $dataset.
-- Columns: target, what, reason.
select target, what, reason from experiment_gaps where dataset = $dataset
union all by name
select 'label' as target, 'The view ' || view as what, reason from embeddings
where dataset = $dataset and reason is not null
order by target, what
