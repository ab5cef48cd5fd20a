-- The newest state of every order, written by db-worker from response:stream. A plain market order of
-- mode `separate` has no events of its own: its row comes from the event that opened its position.
-- Amounts are at scale 10^8.
create table orders (
    order_id uuid primary key,
    -- No foreign key: the engine decides who exists, and a record must never wait for another table.
    user_id uuid not null,
    -- Unique among the resting orders of an account only, so not a key.
    client_order_id text,
    asset text not null,
    side text not null,
    -- The side of the position that the order works for, in mode `hedge`.
    position_side text,
    -- The position that the order reduces, in mode `separate`.
    position_id uuid,
    kind text not null,
    time_in_force text not null,
    -- Zero for a resting order that closes its whole position.
    qty bigint not null,
    price bigint,
    trigger_price bigint,
    callback_bps integer,
    activated_at timestamptz,
    reduce_only boolean not null,
    close_position boolean not null,
    -- Zero for an order of mode `separate` that reduces a position.
    leverage smallint not null,
    stop_loss bigint,
    take_profit bigint,
    price_limit bigint,
    max_slippage_bps integer,
    expires_at timestamptz,
    reserved bigint not null,
    status text not null,
    -- The reason for which an order expired. Any text: an order may expire for most of the reasons for
    -- which one is refused, and a new one must not wait for a migration.
    reason text,
    filled_qty bigint not null,
    average_price bigint,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    -- The entry of response:stream that brought this state. An entry that is delivered again, or late,
    -- never replaces the state of a newer one.
    event_id text collate "C" not null,
    constraint orders_side check (side in ('BUY', 'SELL')),
    constraint orders_position_side check (position_side in ('LONG', 'SHORT')),
    constraint orders_kind check (kind in (
        'MARKET', 'LIMIT', 'STOP_MARKET', 'STOP', 'TAKE_PROFIT_MARKET', 'TAKE_PROFIT',
        'TRAILING_STOP_MARKET'
    )),
    constraint orders_time_in_force check (time_in_force in ('GTC', 'IOC', 'FOK', 'GTX', 'GTD')),
    constraint orders_qty check (qty >= 0),
    constraint orders_leverage check (leverage between 0 and 100),
    constraint orders_status check (status in ('NEW', 'FILLED', 'CANCELED', 'EXPIRED')),
    constraint orders_reason check (reason is null or status = 'EXPIRED'),
    -- Only a resting order holds money.
    constraint orders_reserved check (reserved = 0 or (reserved > 0 and status = 'NEW')),
    -- The house fills whole: an order has traded all of its quantity or nothing.
    constraint orders_filled check (
        filled_qty = case when status = 'FILLED' then qty else 0 end
        and (average_price is not null) = (status = 'FILLED')
    )
);

-- One user's orders, newest first, a page at a time.
create index orders_user_history on orders (user_id, created_at desc, order_id desc);

-- The few that rest among the many that are done.
create index orders_resting on orders (user_id, created_at desc, order_id desc) where status = 'NEW';

create index orders_client_order_id on orders (user_id, client_order_id)
    where client_order_id is not null;
