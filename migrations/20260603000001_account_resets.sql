-- The resets of accounts, written by db-worker from response:stream. Performance is computed from one
-- reset to the next. Amounts are at scale 10^8.
create table account_resets (
    -- The event, whose line of `income` has the same id.
    id text collate "C" primary key,
    -- No foreign key, as in `income`.
    account_id uuid not null,
    "time" timestamptz not null,
    -- The balance after all positions were closed, and the one that replaced it.
    previous bigint not null,
    balance bigint not null,
    constraint account_resets_previous check (previous >= 0),
    constraint account_resets_balance check (balance > 0)
);

-- One account's resets in order.
create index account_resets_history on account_resets (account_id, "time");
