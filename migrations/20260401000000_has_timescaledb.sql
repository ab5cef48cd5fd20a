-- Whether this database's candles are made by TimescaleDB: its schema was made so, or converted
-- (adopt_timescaledb). A server that has the extension says nothing about a schema that was made
-- without it.
create or replace function has_timescaledb() returns boolean language plpgsql stable as $$
declare
    is_hypertable boolean;
begin
    if to_regclass('timescaledb_information.hypertables') is null then
        return false;
    end if;
    execute
        'select exists (
             select from timescaledb_information.hypertables
             where format(''%I.%I'', hypertable_schema, hypertable_name)::regclass = ''trades''::regclass
         )'
    into is_hypertable;
    return is_hypertable;
end
$$;
