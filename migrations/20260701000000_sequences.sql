-- The numbers of orders and fills in their accounts: the sequence of the account after the event that
-- first told of the order, or that told of the fill. The database worker of the version before goes on
-- writing rows without them.
alter table orders add column sequence bigint not null default 0;

alter table fills
    add column sequence bigint,
    -- That of the order; of a fill without an order, its own.
    add column order_sequence bigint;

alter table income add column sequence bigint;

-- The number of a row. One that is from before it had a sequence counts with its time, Unix ms.
create function account_number(sequence bigint, at timestamptz) returns bigint
language sql immutable parallel safe as $$
    select coalesce(
        nullif(sequence, 0), (extract(epoch from at at time zone 'UTC') * 1000)::bigint
    )
$$;

create index orders_number on orders (user_id, account_number(sequence, created_at));

create index fills_number on fills (user_id, asset, account_number(sequence, executed_at));
