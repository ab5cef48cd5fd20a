-- Every fill, written by db-worker from response:stream: one row for each event that opened, increased,
-- reduced or closed a position by a trade. Amounts are at scale 10^8.
create table fills (
    -- The entry of response:stream. Its key makes a second delivery of the same entry harmless.
    id text collate "C" not null,
    order_id uuid not null,
    position_id uuid not null,
    -- No foreign keys: the engine decides who exists, and a record must never wait for another table.
    user_id uuid not null,
    asset text not null,
    side text not null,
    qty bigint not null,
    price bigint not null,
    realized_pnl bigint not null,
    fee bigint not null default 0,
    role text not null,
    -- The reason for which a position was closed without an order. Such a fill has the position's id as
    -- its order.
    reason text,
    -- The PRICE_UPDATE entry of request:stream whose price was used. The event of a plain market order
    -- does not name it.
    tick_id text,
    executed_at timestamptz not null,
    -- With the time, because TimescaleDB can only keep unique what contains the partitioning column.
    -- It is the time in the id, so the id alone is unique as well.
    constraint fills_pkey primary key (id, executed_at),
    constraint fills_side check (side in ('BUY', 'SELL')),
    constraint fills_positive check (qty > 0 and price > 0),
    constraint fills_role check (role in ('MAKER', 'TAKER')),
    constraint fills_reason
        check (reason in ('MANUAL', 'MARGIN_CALL', 'STOP_LOSS', 'TAKE_PROFIT'))
);

-- One user's fills, newest first, a page at a time. Ids of one millisecond differ in their second
-- numbers: the longer one is the greater one, and texts of one length compare like numbers.
create index fills_user_history
    on fills (user_id, executed_at desc, length(id) desc, id desc);

create index fills_position on fills (position_id);

-- A plain market order has the id of its position, and so has what closes it without an order: the
-- index above finds those. A tick may close a million positions, and each index is a part of the price.
create index fills_order on fills (order_id) where order_id <> position_id;

-- With TimescaleDB, old fills can be compressed, or moved elsewhere, a chunk at a time. A month in a
-- chunk: the fills of an order are looked up in each of them.
do $$
begin
    if has_timescaledb() then
        perform create_hypertable(
            'fills', 'executed_at', chunk_time_interval => interval '30 days',
            create_default_indexes => false
        );
    end if;
end
$$;

-- The conversion of the trades and their candles, now a part of adopt_timescaledb.
alter function adopt_timescaledb() rename to adopt_trades;

-- Makes a database that began without TimescaleDB one with it, all or nothing. Candles are computed
-- when they are read until they are stored: `velox timescale adopt` does that, and sets the jobs,
-- which must not run before.
create function adopt_timescaledb() returns void language plpgsql as $$
begin
    perform adopt_trades();
    perform create_hypertable(
        'fills', 'executed_at', chunk_time_interval => interval '30 days',
        create_default_indexes => false, migrate_data => true, if_not_exists => true
    );
end
$$;
