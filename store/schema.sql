-- The tables of one snapshot. Run at the start of every build; changes nothing that is there.
-- A view's vectors live in a table of their own, view_NAME(clip_id, vector FLOAT[n]), made by
-- writer.define_views because n differs. Units stand in the names; README.md explains each column.

create table if not exists meta (
    key   varchar primary key,
    value varchar not null
);

create table if not exists datasets (
    dataset    varchar primary key,
    reader     varchar not null,
    title      varchar not null,
    kind       varchar not null,
    label_name varchar not null,
    synthetic  boolean not null,
    path       varchar not null,
    licence    varchar not null,
    citation   varchar not null,
    url        varchar not null,
    notes      varchar[] not null
);

create table if not exists clips (
    clip_id               varchar primary key,
    dataset               varchar not null,
    relative_path         varchar not null,
    content_hash          varchar not null,
    size_bytes            bigint not null,
    modified_ns           bigint not null,
    changed_ns            bigint not null,
    duration_s            double not null,
    sample_rate_hz        integer not null,
    channels              integer not null,
    codec                 varchar not null,
    peak_dbfs             double not null,
    rms_dbfs              double not null,
    silence_share         double not null,
    digital_silence_share double not null,
    clipped_share         double not null,
    bandwidth_hz          double not null,
    dc_offset             double not null,
    mixdown               varchar,
    label                 varchar,
    label_group           varchar,
    fold                  integer,
    split                 varchar,
    source                varchar,
    take                  varchar,
    speaker               varchar,
    sex                   varchar,
    dialect               varchar,
    age_years             double,
    height_cm             double,
    sentence              varchar,
    sentence_type         varchar,
    text                  varchar
);

create table if not exists failures (
    dataset       varchar not null,
    relative_path varchar not null,
    stage         varchar not null,
    reason        varchar not null,
    size_bytes    bigint,
    modified_ns   bigint,
    changed_ns    bigint,
    primary key (dataset, relative_path)
);

create table if not exists views (
    view       varchar primary key,
    position   integer not null,
    version    integer not null,
    key        varchar not null,
    title      varchar not null,
    dimension  integer not null,
    columns    varchar[] not null,
    units      varchar[] not null,
    parameters varchar not null,
    source     varchar not null,
    notes      varchar not null
);

-- Which datasets a view that a network made holds vectors of, and from which training they come.
create table if not exists embeddings (
    view    varchar not null,
    dataset varchar not null,
    key     varchar not null,
    clips   integer not null,
    missing integer,
    reason  varchar,
    primary key (view, dataset)
);

create table if not exists builds (
    build_id         varchar primary key,
    status           varchar not null,
    started_at       timestamptz not null,
    finished_at      timestamptz,
    snapshot         integer,
    clips            integer,
    added            integer,
    updated          integer,
    removed          integer,
    failed           integer,
    vectors_computed integer,
    vectors_reused   integer
);

-- What was computed from the views as a whole. The rows that one stage of a build makes of one view of one
-- dataset ("unit") come and go together. The long tables have no key: an index over millions of rows
-- would cost more than it saves, and results.replace_unit writes each row once.

create table if not exists units (
    stage   varchar not null,
    dataset varchar not null,
    view    varchar not null,
    key     varchar not null,
    clips   integer not null,
    seconds double not null,
    notes   varchar[] not null,
    primary key (stage, dataset, view)
);

create table if not exists analysis_gaps (
    stage   varchar,
    dataset varchar not null,
    view    varchar not null,
    what    varchar not null,
    reason  varchar not null
);

create table if not exists projections (
    projection_id   varchar primary key,
    stage           varchar,
    dataset         varchar not null,
    view            varchar not null,
    method          varchar not null,
    dimension       integer not null,
    parameters      varchar not null,
    origin          varchar not null,
    clips           integer not null,
    neighbours      integer not null,
    trustworthiness double,
    continuity      double,
    explained       double[],
    notes           varchar[] not null,
    seconds         double not null
);

create table if not exists projection_points (
    projection_id   varchar not null,
    clip_id         varchar not null,
    position        float[] not null,
    trustworthiness float,
    continuity      float
);

create table if not exists projection_axes (
    projection_id varchar not null,
    axis          integer not null,
    explained     double not null,
    columns       varchar[] not null,
    loadings      float[] not null,
    primary key (projection_id, axis)
);

create table if not exists clusterings (
    clustering_id     varchar primary key,
    stage             varchar,
    dataset           varchar not null,
    view              varchar not null,
    space             varchar not null,
    space_dimension   integer not null,
    projection_id     varchar,
    method            varchar not null,
    parameters        varchar not null,
    origin            varchar not null,
    clips             integer not null,
    clusters          integer not null,
    noise             integer not null,
    silhouette        double,
    davies_bouldin    double,
    calinski_harabasz double,
    dbcv              double,
    ari               double,
    nmi               double,
    homogeneity       double,
    completeness      double,
    stability         double,
    stability_spread  double,
    generalisation    double,
    within_stability  double,
    trust_spread      double,
    agreement         double,
    rank              integer,
    place             integer,
    why               varchar,
    notes             varchar[] not null,
    seconds           double not null
);

create table if not exists cluster_members (
    clustering_id varchar not null,
    clip_id       varchar not null,
    cluster       integer not null,
    strength      float
);

create table if not exists cluster_trees (
    clustering_id varchar not null,
    parent        integer not null,
    child         integer not null,
    "lambda"      float not null,
    size          integer not null,
    selected      boolean not null
);

-- Numbers for each clip, one score of one view ('all': of all together) at a time. The rows of one score come and
-- go together; each has a key of its own, so that a new score costs only itself.

create table if not exists scores (
    dataset     varchar not null,
    view        varchar not null,
    score       varchar not null,
    version     integer not null,
    key         varchar not null,
    title       varchar not null,
    unit        varchar not null,
    format      varchar not null,
    source      varchar not null,
    description varchar not null,
    clips       integer not null,
    seconds     double not null,
    reason      varchar,
    primary key (dataset, view, score)
);

create table if not exists clip_scores (
    dataset varchar not null,
    view    varchar not null,
    score   varchar not null,
    clip_id varchar not null,
    value   double
);

-- What was learned from the views, and how far it can be believed. The rows of one experiment come and
-- go together, and with the clips and views they were learned from.

create table if not exists experiments (
    experiment_id     varchar primary key,
    dataset           varchar not null,
    target            varchar not null,
    subset            varchar not null,
    origin            varchar not null,
    kind              varchar not null,
    method            varchar not null,
    version           integer not null,
    views             varchar[] not null,
    combination       varchar not null,
    columns           integer not null,
    key               varchar not null,
    seed              integer not null,
    protocol          varchar not null,
    protocol_title    varchar not null,
    protocol_summary  varchar not null,
    unit              varchar not null,
    classes           varchar[] not null,
    clips             integer not null,
    groups            integer not null,
    accuracy          double not null,
    accuracy_low      double not null,
    accuracy_high     double not null,
    spread            double not null,
    grouped_low       double,
    grouped_high      double,
    balanced_accuracy double not null,
    macro_f1          double not null,
    log_loss          double not null,
    brier             double not null,
    ece               double not null,
    parameters        varchar not null,
    versions          varchar not null,
    notes             varchar[] not null,
    fit_seconds       double not null,
    predict_seconds   double not null,
    seconds           double not null,
    made_at           timestamp not null
);

create table if not exists experiment_metrics (
    experiment_id varchar not null,
    kind          varchar not null,
    name          varchar not null,
    metric        varchar not null,
    value         double
);

create table if not exists experiment_history (
    experiment_id varchar not null,
    fold          varchar not null,
    epoch         integer not null,
    metric        varchar not null,
    value         double
);

create table if not exists predictions (
    experiment_id varchar not null,
    clip_id       varchar not null,
    fold          varchar not null,
    truth         varchar not null,
    predicted     varchar not null,
    probabilities float[] not null
);

create table if not exists experiment_gaps (
    experiment_id varchar not null,
    dataset       varchar not null,
    target        varchar not null,
    key           varchar not null,
    what          varchar not null,
    reason        varchar not null
);

-- What a collection hides from its accuracies. The rows of one dataset come and go together.

create table if not exists fingerprints (
    content_hash varchar primary key,
    version      integer not null,
    fingerprint  uinteger[512] not null
);

create table if not exists audits (
    dataset       varchar primary key,
    key           varchar not null,
    experiment_id varchar,
    clips         integer not null,
    seconds       double not null
);

create table if not exists audit_parts (
    dataset varchar not null,
    part    varchar not null,
    summary varchar not null,
    notes   varchar[] not null
);

create table if not exists audit_pairs (
    dataset    varchar not null,
    first      varchar not null,
    second     varchar not null,
    kind       varchar not null,
    similarity double not null,
    lag_s      double not null,
    shared_s   double,
    "group"    integer not null
);

create table if not exists audit_leaks (
    dataset varchar not null,
    kind    varchar not null,
    value   varchar not null,
    sides   varchar not null,
    clips   integer not null,
    removed integer not null
);

create table if not exists audit_removed (
    dataset varchar not null,
    clip_id varchar not null,
    kind    varchar not null,
    value   varchar not null,
    side    varchar not null
);

create table if not exists audit_label_issues (
    dataset         varchar not null,
    clip_id         varchar not null,
    rank            integer not null,
    given           varchar not null,
    suggested       varchar not null,
    self_confidence double not null,
    margin          double not null,
    issue           boolean not null
);

create table if not exists audit_facts (
    dataset           varchar not null,
    fact              varchar not null,
    title             varchar not null,
    accuracy          double not null,
    balanced_accuracy double not null,
    spread            double not null,
    chance            double not null,
    majority          double not null,
    clips             integer not null
);

create table if not exists audit_balance (
    dataset  varchar not null,
    label    varchar not null,
    side     varchar not null,
    clips    integer not null,
    expected double not null,
    residual double not null,
    verdict  varchar not null
);
