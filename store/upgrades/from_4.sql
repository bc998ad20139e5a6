-- What a build renames or converts in its copy of a snapshot of version 4 or older before it runs schema.sql.

alter table if exists experiments rename column protocol_told to protocol_summary;
alter table if exists fingerprints rename column print to fingerprint;
alter table if exists audit_parts rename column told to summary;
alter table if exists audit_removed rename column tie to kind;
alter table if exists audit_ties rename column tie to kind;
alter table if exists audit_ties rename to audit_leaks;
alter table if exists audit_doubts rename to audit_label_issues;

-- Clips without a vector were told of as experiments that could not be made.
create table if not exists embeddings (
    view    varchar not null,
    dataset varchar not null,
    key     varchar not null,
    clips   integer not null,
    primary key (view, dataset)
);
create table if not exists experiment_gaps (
    experiment_id varchar not null,
    dataset       varchar not null,
    target        varchar not null,
    key           varchar not null,
    what          varchar not null,
    reason        varchar not null
);
alter table embeddings add column if not exists missing integer;
alter table embeddings add column if not exists reason varchar;
update embeddings set reason = gap.reason from experiment_gaps gap
where gap.experiment_id = embeddings.dataset || '.' || embeddings.view || '.unheard';
delete from experiment_gaps where experiment_id like '%.unheard';

-- They were written in the local time of the machine that built, which is most likely this one.
alter table builds alter started_at type timestamptz;
alter table builds alter finished_at type timestamptz;
