-- The worth of every account over time, written by the engine from its snapshots: a row for each minute
-- in which it changed. Amounts are at scale 10^8.
create table equity (
    -- No foreign key: the engine decides who exists, and a record must never wait for another table.
    account_id uuid not null,
    -- The stream time of the last entry that the row includes.
    "time" timestamptz not null,
    -- The second half of that entry's id, which decides about lines of the same millisecond.
    entry_seq bigint not null,
    -- Balance, used margin and reserve: what the lines of `income` up to that entry add up to.
    wallet_balance bigint not null,
    -- The P&L of the open positions, which may take more than there is.
    unrealized_pnl bigint not null,
    constraint equity_pkey primary key (account_id, "time"),
    constraint equity_wallet_balance check (wallet_balance >= 0)
);

-- The old rows are found by their time when they are thinned.
create index equity_time on equity ("time");

-- Up to when the rows are thinned to the last, the lowest and the highest one of each step.
create table equity_thinned (
    step interval primary key,
    -- The age at which rows are thinned to this step.
    age interval not null,
    until timestamptz not null
);
insert into equity_thinned (step, age, until) values
    ('15 minutes', '1 day', '-infinity'), ('1 hour', '30 days', '-infinity');

-- As for `income`, but shorter chunks: most rows are deleted after a day.
do $$
begin
    if has_timescaledb() then
        perform create_hypertable(
            'equity', 'time', chunk_time_interval => interval '7 days',
            create_default_indexes => false
        );
    end if;
end
$$;

-- The conversion of the trades, their candles, the fills and the statements, now a part of
-- adopt_timescaledb.
alter function adopt_timescaledb() rename to adopt_income;

-- Makes a database that began without TimescaleDB one with it, all or nothing. Candles are computed
-- when they are read until they are stored: `velox timescale adopt` does that, and sets the jobs,
-- which must not run before.
create function adopt_timescaledb() returns void language plpgsql as $$
begin
    perform adopt_income();
    perform create_hypertable(
        'equity', 'time', chunk_time_interval => interval '7 days',
        create_default_indexes => false, migrate_data => true, if_not_exists => true
    );
end
$$;
