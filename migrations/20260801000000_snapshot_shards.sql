-- The shard whose state a snapshot is, and the number of shards of the deployment at that time: states of
-- another division of the accounts are of no use to an engine.
alter table snapshots
    add column shard integer not null default 0,
    add column shards integer not null default 1;

create index snapshots_shard on snapshots (shard, id);

-- The shard of an account, of as many shards as the second argument says.
create function shard_of(account uuid, shards integer) returns integer
    language sql immutable strict parallel safe
    return (('x' || right(account::text, 8))::bit(32)::bigint % shards)::integer;
