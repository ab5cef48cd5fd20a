-- Makes a database that began without TimescaleDB one with it, all or nothing. Candles are computed
-- when they are read until they are stored: `velox timescale adopt` does that, and sets the jobs,
-- which must not run before.
create function adopt_timescaledb() returns void language plpgsql as $$
declare
    level record;
    candles_say text;
    trades_say text;
begin
    lock table trades in access exclusive mode;
    if has_timescaledb() then
        return;
    end if;
    -- Candles are made of the trades from now on: those of trades that are gone would be lost.
    select string_agg(format('%s %s', symbol, count), ', ' order by symbol) into trades_say
    from (select symbol, count(*) from trades group by symbol) as counted;
    for level in select * from candle_levels order by length loop
        execute format(
            'select string_agg(format(''%%s %%s'', symbol, count), '', '' order by symbol)
             from (select symbol, sum(trades) as count from %I group by symbol) as counted',
            level."table"
        ) into candles_say;
        if candles_say is distinct from trades_say then
            raise exception '% is made of other trades (%) than there are (%)',
                level."table", coalesce(candles_say, 'none'), coalesce(trades_say, 'none')
                using hint = 'Candles of trades that were deleted would be lost. Nothing was changed.';
        end if;
    end loop;

    drop trigger add_to_candles on trades;
    perform create_hypertable(
        'trades', 'time', chunk_time_interval => interval '1 day', create_default_indexes => false,
        migrate_data => true
    );
    for level in select * from candle_levels order by length loop
        execute format('drop table %I', level."table");
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
    alter table trades set (
        timescaledb.compress, timescaledb.compress_segmentby = 'symbol',
        timescaledb.compress_orderby = '"time", id'
    );
end
$$;
