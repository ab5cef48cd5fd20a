-- candles_30s, _1m, _5m, _15m, _1h, _4h, _1d: open, high, low, close, volume and number of trades,
-- amounts at scale 10^8. Open and close go by (time, exchange trade id), since many trades share a
-- millisecond. With TimescaleDB they are continuous aggregates, each made of the one below it;
-- otherwise they are tables of the same names and columns, kept up by a trigger.

-- The order of trades: Unix µs, then the exchange's number, which has up to 19 digits. One number,
-- because TimescaleDB's first() and last() compare no arrays.
create function trade_order("time" timestamptz, id text) returns numeric
language sql immutable parallel safe as $$
    select extract(epoch from "time") * 1000000 * 10000000000000000000::numeric
        + split_part(id, '-', 2)::numeric
$$;

create table candle_levels (
    "table" text primary key,
    length interval not null unique,
    -- The next shorter candles, of which these are made; none: of trades.
    made_of text unique references candle_levels ("table")
);
insert into candle_levels values
    ('candles_30s', '30 seconds', null),
    ('candles_1m', '1 minute', 'candles_30s'),
    ('candles_5m', '5 minutes', 'candles_1m'),
    ('candles_15m', '15 minutes', 'candles_5m'),
    ('candles_1h', '1 hour', 'candles_15m'),
    ('candles_4h', '4 hours', 'candles_1h'),
    ('candles_1d', '1 day', 'candles_4h');

-- TimescaleDB ----------------------------------------------------------------------------------

-- `with no data`, because a migration is a transaction and filling an aggregate can't be in one.
-- `materialized_only = false`: what is not yet aggregated is added when it is read.
do $$
declare
    level record;
begin
    if not has_timescaledb() then
        return;
    end if;
    for level in select * from candle_levels order by length loop
        execute format(
            case when level.made_of is null then
                'create materialized view %1$I
                 with (timescaledb.continuous, timescaledb.materialized_only = false) as
                 select
                     time_bucket(%3$L::interval, "time") as "time", symbol,
                     first("priceInt", trade_order("time", id)) as open,
                     max("priceInt") as high, min("priceInt") as low,
                     last("priceInt", trade_order("time", id)) as close,
                     sum("qtyInt")::bigint as volume, count(*) as trades
                 from trades
                 group by time_bucket(%3$L::interval, "time"), symbol
                 with no data'
            else
                'create materialized view %1$I
                 with (timescaledb.continuous, timescaledb.materialized_only = false) as
                 select
                     time_bucket(%3$L::interval, "time") as "time", symbol,
                     first(open, "time") as open, max(high) as high, min(low) as low,
                     last(close, "time") as close,
                     sum(volume)::bigint as volume, sum(trades)::bigint as trades
                 from %2$I
                 group by time_bucket(%3$L::interval, %2$I."time"), symbol
                 with no data'
            end,
            level."table", level.made_of, level.length
        );
    end loop;
end
$$;

-- Everything that runs in the background, set in one place and set anew by calling it again:
-- `select set_market_data_policies(keep_trades => '30 days')`.
--
-- A refresh looks only at what has changed within its window, so wide windows cost nothing; they
-- overlap by days, so that nothing is lost between two of them. Whoever stores trades late has their
-- candles refreshed at once (refresh_candles). Windows must not reach trades that have been dropped: refreshing those would
-- empty the candles, which are to outlive them. Trades are dropped by when they came, not by when
-- they were made, so that an old recording stays as long as fresh trades do.
create function set_market_data_policies(
    compress_after interval default '7 days', keep_trades interval default '90 days'
) returns void language plpgsql as $$
declare
    level record;
    window_length constant interval := '7 days';
begin
    if not has_timescaledb() then
        raise exception 'this database is without TimescaleDB: its trades are kept as they are';
    end if;
    if keep_trades < window_length + interval '2 days' then
        raise exception 'keep_trades must be at least % and is %',
            window_length + interval '2 days', keep_trades;
    end if;
    for level in select * from candle_levels loop
        perform remove_continuous_aggregate_policy(level."table"::regclass, if_exists => true);
        perform add_continuous_aggregate_policy(
            level."table"::regclass,
            start_offset => window_length,
            -- Never the candle that is still being made, or whose last trades are on their way.
            end_offset => level.length + interval '1 minute',
            schedule_interval => greatest(level.length, interval '1 minute')
        );
    end loop;
    perform remove_compression_policy('trades', if_exists => true);
    perform add_compression_policy('trades', compress_after => compress_after);
    perform remove_retention_policy('trades', if_exists => true);
    perform add_retention_policy('trades', drop_created_before => keep_trades);
end
$$;

do $$
begin
    if has_timescaledb() then
        alter table trades set (
            timescaledb.compress, timescaledb.compress_segmentby = 'symbol',
            timescaledb.compress_orderby = '"time", id'
        );
        perform set_market_data_policies();
    end if;
end
$$;

-- Brings the candles up to date with trades from `from_time` to `to_time` that were stored long after
-- they were made. Nothing to do where a trigger does it at once. Not in a transaction.
create procedure refresh_candles(from_time timestamptz, to_time timestamptz) language plpgsql as $$
declare
    level record;
    window_start timestamptz;
    window_end timestamptz;
begin
    if not has_timescaledb() then
        return;
    end if;
    for level in select * from candle_levels order by length loop
        window_start := time_bucket(level.length, from_time);
        -- Never the candle that is still being made, or whose last trades are on their way: once
        -- aggregated, it would no longer be completed when it is read.
        window_end := least(
            time_bucket(level.length, to_time) + level.length,
            time_bucket(level.length, now() - interval '1 minute')
        );
        if window_start < window_end then
            call refresh_continuous_aggregate(level."table"::regclass, window_start, window_end);
            -- What has changed here is told to the next level at the commit.
            commit;
        end if;
    end loop;
end
$$;

-- Plain PostgreSQL -----------------------------------------------------------------------------

do $$
declare
    level record;
begin
    if has_timescaledb() then
        return;
    end if;
    for level in select * from candle_levels order by length loop
        execute format(
            'create table %1$I (
                 "time" timestamptz not null, symbol text not null,
                 open bigint not null, high bigint not null, low bigint not null,
                 close bigint not null, volume bigint not null, trades bigint not null,
                 constraint %2$I primary key ("time", symbol)
             )',
            level."table", level."table" || '_pkey'
        );
    end loop;
end
$$;

-- What a batch adds is counted in; open and close are looked up, because trades can come late.
-- Writers take turns by symbol: each then sees what the others have committed, which a lookup
-- beside an uncommitted batch would not.
create function add_to_candles() returns trigger language plpgsql as $$
declare
    level record;
begin
    perform pg_advisory_xact_lock(hashtextextended('candles ' || symbol, 0))
    from (select distinct symbol from added order by symbol) as symbols;
    for level in select * from candle_levels order by length loop
        execute format(
            'insert into %1$I as candle
             select
                 date_bin(%2$L, "time", ''epoch''), symbol,
                 min("priceInt"), max("priceInt"), min("priceInt"), min("priceInt"),
                 sum("qtyInt"), count(*)
             from added
             group by 1, 2
             order by 1, 2
             on conflict ("time", symbol) do update set
                 high = greatest(candle.high, excluded.high),
                 low = least(candle.low, excluded.low),
                 volume = candle.volume + excluded.volume,
                 trades = candle.trades + excluded.trades',
            level."table", level.length
        );
        execute format(
            case when level.made_of is null then
                'update %1$I as candle set
                     open = (
                         select "priceInt" from trades
                         where symbol = candle.symbol
                             and "time" >= candle."time" and "time" < candle."time" + %2$L::interval
                         order by "time", trade_order("time", id) limit 1
                     ),
                     close = (
                         select "priceInt" from trades
                         where symbol = candle.symbol
                             and "time" >= candle."time" and "time" < candle."time" + %2$L::interval
                         order by "time" desc, trade_order("time", id) desc limit 1
                     )
                 from (select distinct date_bin(%2$L, "time", ''epoch'') as start, symbol from added) as touched
                 where candle."time" = touched.start and candle.symbol = touched.symbol'
            else
                'update %1$I as candle set
                     open = (
                         select part.open from %3$I as part
                         where part.symbol = candle.symbol and part."time" >= candle."time"
                             and part."time" < candle."time" + %2$L::interval
                         order by part."time" limit 1
                     ),
                     close = (
                         select part.close from %3$I as part
                         where part.symbol = candle.symbol and part."time" >= candle."time"
                             and part."time" < candle."time" + %2$L::interval
                         order by part."time" desc limit 1
                     )
                 from (select distinct date_bin(%2$L, "time", ''epoch'') as start, symbol from added) as touched
                 where candle."time" = touched.start and candle.symbol = touched.symbol'
            end,
            level."table", level.length, level.made_of
        );
    end loop;
    return null;
end
$$;

do $$
begin
    if not has_timescaledb() then
        create trigger add_to_candles after insert on trades
            referencing new table as added
            for each statement execute function add_to_candles();
    end if;
end
$$;
