-- The statements of the accounts, written by db-worker from response:stream: a line for each change of
-- what an account holds. The lines of an account add up to its balance, the margins of its positions and
-- the reserves of its orders. Amounts are at scale 10^8.
create table income (
    -- The entry of response:stream. Its key makes a second delivery of the same entry harmless. A line that
    -- no event told has a second number of 2^63 or more, which no event has.
    id text collate "C" not null,
    -- An event has at most one line of each kind.
    kind text collate "C" not null,
    -- No foreign keys: the engine decides who exists, and a record must never wait for another table.
    user_id uuid not null,
    -- Negative for what the account paid.
    amount bigint not null,
    -- What the line is about, if it is about an instrument.
    asset text,
    order_id uuid,
    position_id uuid,
    "time" timestamptz not null,
    -- With the time, because TimescaleDB can only keep unique what contains the partitioning column.
    -- It is the time in the id, so id and kind alone are unique as well.
    constraint income_pkey primary key (id, kind, "time"),
    constraint income_kind check (kind in (
        'TRANSFER', 'REALIZED_PNL', 'COMMISSION', 'FUNDING_FEE', 'LIQUIDATION_FEE', 'ADJUSTMENT'
    )),
    constraint income_amount check (amount <> 0)
);

-- One user's lines, newest first, a page at a time. Ids are in the order of numbers, as in `fills`.
create index income_user_history
    on income (user_id, "time" desc, length(id) desc, id desc, kind desc);

-- The few of one kind among the many of another.
create index income_user_kind
    on income (user_id, kind, "time" desc, length(id) desc, id desc);

-- As for `fills`: a month in a chunk.
do $$
begin
    if has_timescaledb() then
        perform create_hypertable(
            'income', 'time', chunk_time_interval => interval '30 days',
            create_default_indexes => false
        );
    end if;
end
$$;

-- The conversion of the trades, their candles and the fills, now a part of adopt_timescaledb.
alter function adopt_timescaledb() rename to adopt_fills;

-- Makes a database that began without TimescaleDB one with it, all or nothing. Candles are computed
-- when they are read until they are stored: `velox timescale adopt` does that, and sets the jobs,
-- which must not run before.
create function adopt_timescaledb() returns void language plpgsql as $$
begin
    perform adopt_fills();
    perform create_hypertable(
        'income', 'time', chunk_time_interval => interval '30 days',
        create_default_indexes => false, migrate_data => true, if_not_exists => true
    );
end
$$;

-- What the tables say exactly of the time before. What they don't say, such as the first deposit, is
-- missing until `velox account verify --carry-over` writes it as one line.
insert into income (id, kind, user_id, amount, asset, order_id, position_id, "time")
select id, 'REALIZED_PNL', user_id, realized_pnl, asset, order_id, position_id, executed_at
from fills
where realized_pnl <> 0;

-- The id of a line that no event told: the time, and a number from 2^63 that is made of a key.
create function untold_line(at timestamptz, key text) returns text language sql immutable as $$
    select format(
        '%s-%s', floor(extract(epoch from at) * 1000)::bigint,
        9223372036854775808 + ('x' || left(md5(key), 15))::bit(60)::bigint
    )
$$;

-- Before there were fills, every position was closed as a whole. Later the last fill tells the same.
insert into income (id, kind, user_id, amount, asset, order_id, position_id, "time")
select
    untold_line("closedAt", "orderId"::text), 'REALIZED_PNL', "userId", "finalPnLInt", asset,
    "orderId", "orderId", date_trunc('milliseconds', "closedAt")
from closed_orders
where "finalPnLInt" <> 0 and not exists (
    select from fills where position_id = "orderId" and executed_at = "closedAt"
);

insert into income (id, kind, user_id, amount, "time")
select
    untold_line("adjustedAt", format('%s %s', "userId", sequence)), 'ADJUSTMENT', "userId",
    "amountInt", date_trunc('milliseconds', "adjustedAt")
from balance_adjustments;

drop function untold_line(timestamptz, text);
