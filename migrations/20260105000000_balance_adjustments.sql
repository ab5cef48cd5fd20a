-- What operators paid into accounts and took out, written by db-worker from response:stream.
-- Changes of an account are counted, so that a second delivery of the same event is harmless.
create table balance_adjustments (
    -- No foreign key, as in closed_orders.
    "userId" uuid not null,
    sequence bigint not null,
    "amountInt" bigint not null,
    -- The balance after it.
    "balanceInt" bigint not null,
    -- Who did it and why, in their words.
    "adjustedBy" text not null,
    reason text not null,
    -- The command's, in request:stream and the logs.
    "requestId" uuid,
    "adjustedAt" timestamptz not null,
    primary key ("userId", sequence),
    constraint balance_adjustments_amount check ("amountInt" <> 0),
    constraint balance_adjustments_balance check ("balanceInt" >= 0)
);

-- The newest of all accounts, for those who look after the platform.
create index balance_adjustments_history on balance_adjustments ("adjustedAt" desc);
