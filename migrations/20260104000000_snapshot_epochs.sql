-- In whose time a snapshot was taken: an engine that another one has replaced, and that does not
-- know it yet, must not put an older state on top. Snapshots of before are of no epoch.
alter table snapshots add column epoch bigint not null default 0;
