-- The trading accounts of users. The engine, its events and the tables of history know an account by
-- its id alone, which they call a user's: the first account of a user has the id of the user, so all
-- that was written before this table is about first accounts.
create table accounts (
    account_id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    name text not null,
    opened_at timestamptz not null default now(),
    -- A closed account can be read and not traded with.
    closed_at timestamptz,
    -- What it began with, or with the last reset. Unknown of accounts from before this table.
    starting_balance bigint,
    -- The last reset, written by db-worker from response:stream.
    reset_at timestamptz,
    on_leaderboard boolean not null default false,
    -- The position mode that it was opened with, until the engine has it: a gateway may stop between
    -- this table and the engine.
    pending_mode text,
    -- BLAKE3 of the request that opened it, if that had an Idempotency-Key.
    opened_by bytea,
    constraint accounts_name_length check (char_length(name) between 1 and 40),
    constraint accounts_starting_balance check (starting_balance >= 0),
    constraint accounts_pending_mode_known check (pending_mode in ('separate', 'one_way', 'hedge')),
    constraint accounts_first_stays_open check (closed_at is null or account_id <> user_id),
    constraint accounts_opened_by_length check (length(opened_by) = 32)
);

-- Named, because the gateway turns a violation into the sentence that the user sees. Closed accounts
-- count as well: their history can still be asked for, and two of one name are a trap.
create unique index accounts_name_key on accounts (user_id, lower(name));

-- A gateway of the version before makes users without an account while it still runs beside new ones;
-- those add the first account when they miss it.
insert into accounts (account_id, user_id, name, opened_at)
select id, id, 'Main', created_at from users;

-- The account that a key is for. Null is the first one, as for keys from before.
alter table api_keys add column "accountId" uuid references accounts (account_id) on delete cascade;
