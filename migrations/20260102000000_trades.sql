-- Every trade of the venue, as it was. The exchange's own trade id makes a trade that is seen twice
-- one row, whatever brought it: a restart, a recording played again, two pollers.
create table trades (
    -- `{SYMBOL}-{exchange trade id}`.
    id text not null,
    "time" timestamptz not null,
    symbol text not null,
    "priceInt" bigint not null,
    "qtyInt" bigint not null,
    -- With the time, because TimescaleDB can only keep unique what contains the partitioning column.
    constraint trades_pkey primary key (id, "time"),
    constraint trades_id check (id = symbol || '-' || (split_part(id, '-', 2)::bigint)::text),
    constraint trades_positive check ("priceInt" > 0 and "qtyInt" > 0)
);

-- One symbol's trades in the order in which they were made.
create index trades_symbol_time on trades (symbol, "time");

-- Whether this database is to be used with TimescaleDB. A server that has the library's files but
-- does not preload them would end the session at `create extension`, so it is not tried there. The
-- Apache edition has no continuous aggregates.
create function has_timescaledb() returns boolean language sql stable as $$
    select (
        exists (select from pg_extension where extname = 'timescaledb')
        or (
            exists (select from pg_available_extensions where name = 'timescaledb')
            and current_setting('shared_preload_libraries') like '%timescaledb%'
        )
    )
    and coalesce(current_setting('timescaledb.license', true), 'timescale') <> 'apache'
$$;

do $$
begin
    if has_timescaledb() then
        create extension if not exists timescaledb;
        -- A day of a busy market is some millions of rows: its indexes fit in memory.
        perform create_hypertable(
            'trades', 'time', chunk_time_interval => interval '1 day', create_default_indexes => false
        );
    end if;
end
$$;
