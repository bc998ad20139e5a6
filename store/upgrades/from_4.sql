-- What a build renames in its copy of a snapshot of version 4 or older before it runs schema.sql.

alter table if exists experiments rename column protocol_told to protocol_summary;
alter table if exists fingerprints rename column print to fingerprint;
alter table if exists audit_parts rename column told to summary;
alter table if exists audit_removed rename column tie to kind;
alter table if exists audit_ties rename column tie to kind;
alter table if exists audit_ties rename to audit_leaks;
alter table if exists audit_doubts rename to audit_label_issues;
