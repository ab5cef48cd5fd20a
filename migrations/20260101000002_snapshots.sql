-- The engine's state at a point of request:stream, so that a restart replays seconds, not months.
create table snapshots (
    id bigint generated always as identity primary key,
    timestamp timestamptz not null default now(),
    -- The last entry of request:stream that the state includes.
    "lastStreamId" text not null,
    -- For people: format version, counts, ledger totals, state hash.
    data jsonb not null,
    -- The state itself: zstd over the engine's own encoding; data->>'stateHash' is checked on load.
    state bytea not null
);
-- Already compressed: letting PostgreSQL try again costs time and gains nothing.
alter table snapshots alter column state set storage external;
