-- What a build drops from its copy of a snapshot of version 3 or older before it runs schema.sql: results that are
-- computed in another way now, so that none of them would be kept anyway.

drop table if exists analyses;
drop table if exists analysis_gaps;
drop table if exists projections;
drop table if exists projection_points;
drop table if exists projection_axes;
drop table if exists clusterings;
drop table if exists cluster_members;
drop table if exists cluster_trees;
