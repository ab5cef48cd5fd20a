-- The record of every position that is gone, written by db-worker from response:stream.
-- The order id as the key makes a second delivery of the same event harmless.
create table closed_orders (
    "orderId" uuid primary key,
    -- No foreign key: the engine decides who exists, and a record must never wait for another table.
    "userId" uuid not null,
    asset text not null,
    "orderType" text not null,
    leverage smallint not null,
    "marginInt" bigint not null,
    "executionPriceInt" bigint not null,
    "closePriceInt" bigint not null,
    "qtyInt" bigint not null,
    "liquidationPriceInt" bigint not null,
    "stopLossInt" bigint,
    "takeProfitInt" bigint,
    "finalPnLInt" bigint not null,
    -- What a gap took beyond the margin and the house bore.
    "shortfallInt" bigint not null,
    "closeReason" text not null,
    -- The PRICE_UPDATE entry of request:stream whose price closed it.
    "tickId" text not null,
    "createdAt" timestamptz not null,
    "closedAt" timestamptz not null,
    constraint closed_orders_order_type check ("orderType" in ('LONG', 'SHORT')),
    constraint closed_orders_leverage check (leverage between 1 and 100),
    constraint closed_orders_close_reason
        check ("closeReason" in ('MANUAL', 'MARGIN_CALL', 'STOP_LOSS', 'TAKE_PROFIT')),
    -- The two sides of the engine's promise that an account never goes below zero.
    constraint closed_orders_loss_within_margin check ("finalPnLInt" >= -"marginInt"),
    constraint closed_orders_shortfall check ("shortfallInt" >= 0)
);

-- One user's history, newest first, a page at a time.
create index closed_orders_user_history
    on closed_orders ("userId", "closedAt" desc, "orderId" desc);
