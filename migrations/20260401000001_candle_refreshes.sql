-- Refreshes that leave no hole.

-- The watermark of an aggregate: below it, candles are read as they were stored; above it, they are
-- computed when they are read. The earliest of all times before the first refresh.
create function candle_watermark(candles regclass) returns timestamptz language plpgsql stable as $$
declare
    watermark bigint;
begin
    select _timescaledb_functions.cagg_watermark(mat_hypertable_id) into strict watermark
    from _timescaledb_catalog.continuous_agg
    where format('%I.%I', user_view_schema, user_view_name)::regclass = candles;
    return _timescaledb_functions.to_timestamp(watermark);
end
$$;

-- Stores the candles of one level from `from_time` to `to_time`, without the one that is still being
-- made, or whose last trades are on their way: once stored, it would no longer be completed when it
-- is read. Not in a transaction.
--
-- A refresh moves the watermark to the end of its window. One that began above the watermark would
-- leave candles between that are neither stored nor computed, so it begins there at the latest.
create procedure refresh_candle_level(candles text, from_time timestamptz, to_time timestamptz)
language plpgsql as $$
declare
    level_length constant interval := (select length from candle_levels where "table" = candles);
    window_start constant timestamptz := least(
        time_bucket(level_length, from_time), candle_watermark(candles::regclass)
    );
    window_end constant timestamptz := least(
        time_bucket(level_length, to_time) + level_length,
        time_bucket(level_length, now() - interval '1 minute')
    );
begin
    if window_start < window_end then
        call refresh_continuous_aggregate(candles::regclass, window_start, window_end);
        -- What has changed here is told to the next level at the commit.
        commit;
    end if;
end
$$;

-- Brings the candles up to date with trades from `from_time` to `to_time` that were stored long after
-- they were made. Nothing to do where a trigger does it at once. Not in a transaction.
create or replace procedure refresh_candles(from_time timestamptz, to_time timestamptz)
language plpgsql as $$
declare
    level record;
begin
    if not has_timescaledb() then
        return;
    end if;
    for level in select * from candle_levels order by length loop
        call refresh_candle_level(level."table", from_time, to_time);
    end loop;
end
$$;
