-- Jobs in the background: what they do, when they run, and whether they work.

-- The job that stores the candles of one level, `{"candles": …, "window": …}`. TimescaleDB's own
-- refresh policy begins a fixed time ago, and would leave a hole when it did not run for longer.
create procedure refresh_candles_job(job_id int, config jsonb) language plpgsql as $$
begin
    call refresh_candle_level(
        config ->> 'candles', now() - (config ->> 'window')::interval, now()
    );
end
$$;

-- The job that drops trades by when they came, `{"keep_trades": …, "window": …}`: an old recording
-- stays as long as fresh trades do. Trades whose candles are not stored yet are kept, and those that
-- refreshes still look at: their candles would be emptied.
create procedure drop_trades_job(job_id int, config jsonb) language plpgsql as $$
declare
    chunk record;
begin
    for chunk in
        select range_start, range_end from timescaledb_information.chunks
        where format('%I.%I', hypertable_schema, hypertable_name)::regclass = 'trades'::regclass
            and chunk_creation_time < now() - (config ->> 'keep_trades')::interval
            and range_end <= least(
                candle_watermark('candles_30s'), now() - (config ->> 'window')::interval
            )
        order by range_start
    loop
        perform drop_chunks(
            'trades', older_than => chunk.range_end, newer_than => chunk.range_start
        );
    end loop;
end
$$;

-- Everything that runs in the background, set in one place and set anew by calling it again:
-- `select set_market_data_policies(keep_trades => '30 days')`. Null: trades are not compressed, or
-- kept for ever.
--
-- A refresh looks only at what has changed within its window, so wide windows cost nothing; they
-- overlap by days, so that nothing is lost between two of them. Whoever stores trades late has their
-- candles refreshed at once (refresh_candles). Windows must not reach trades that have been dropped:
-- refreshing those would empty the candles, which are to outlive them.
create or replace function set_market_data_policies(
    compress_after interval default '7 days', keep_trades interval default '90 days'
) returns void language plpgsql as $$
declare
    level record;
    window_length constant interval := '7 days';
begin
    if not has_timescaledb() then
        raise exception 'this database is without TimescaleDB: its trades are kept as they are'
            using hint = '`velox timescale adopt` converts it, on a server that has TimescaleDB';
    end if;
    if keep_trades < window_length + interval '2 days' then
        raise exception 'keep_trades must be at least % and is %',
            window_length + interval '2 days', keep_trades;
    end if;
    perform delete_job(job_id) from timescaledb_information.jobs
    where proc_name in ('refresh_candles_job', 'drop_trades_job');
    for level in select * from candle_levels order by length loop
        perform remove_continuous_aggregate_policy(level."table"::regclass, if_exists => true);
        perform add_job(
            'refresh_candles_job', greatest(level.length, interval '1 minute'),
            config => jsonb_build_object('candles', level."table", 'window', window_length)
        );
    end loop;
    perform remove_compression_policy('trades', if_exists => true);
    if compress_after is not null then
        perform add_compression_policy('trades', compress_after => compress_after);
    end if;
    perform remove_retention_policy('trades', if_exists => true);
    if keep_trades is not null then
        perform add_job(
            'drop_trades_job', interval '1 day',
            config => jsonb_build_object('keep_trades', keep_trades, 'window', window_length)
        );
    end if;
end
$$;

-- The jobs of this database, and which of them do their work: `well`, `failing` (the last run
-- failed), `overdue` (it should have begun minutes ago, or has never run), `paused`. None without
-- TimescaleDB.
create function timescaledb_jobs() returns table (
    id int, name text, state text, last_success timestamptz
) language plpgsql stable as $$
begin
    if not has_timescaledb() then
        return;
    end if;
    return query
        select jobs.job_id,
            concat_ws(' ', jobs.proc_name, coalesce(jobs.config ->> 'candles', jobs.hypertable_name)),
            case
                when not jobs.scheduled then 'paused'
                when stats.last_run_status = 'Failed' then 'failing'
                when stats.job_status = 'Running' then 'well'
                when coalesce(stats.next_start, '-infinity') < now() - interval '5 minutes'
                    then 'overdue'
                else 'well'
            end,
            nullif(stats.last_successful_finish, '-infinity')
        from timescaledb_information.jobs
        left join timescaledb_information.job_stats as stats on stats.job_id = jobs.job_id
        -- Lower numbers are TimescaleDB's own, such as its telemetry.
        where jobs.job_id >= 1000
        order by jobs.job_id;
end
$$;

-- The jobs that were set before become the ones above, with what an operator has chosen.
do $$
declare
    compress_after interval;
    keep_trades interval;
begin
    if not has_timescaledb() then
        return;
    end if;
    select (config ->> 'compress_after')::interval into compress_after
    from timescaledb_information.jobs
    where proc_name = 'policy_compression' and hypertable_name = 'trades';
    select (config ->> 'drop_created_before')::interval into keep_trades
    from timescaledb_information.jobs
    where proc_name = 'policy_retention' and hypertable_name = 'trades';
    perform set_market_data_policies(compress_after, keep_trades);
end
$$;
