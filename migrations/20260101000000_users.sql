-- Who may sign in. Balances are not here: the engine's state is a function of request:stream.
create table users (
    id uuid primary key,
    email text not null,
    phone bigint not null,
    -- An argon2id PHC string, with its parameters and salt.
    password text not null,
    created_at timestamptz not null default now(),
    constraint users_phone_positive check (phone > 0)
);

-- Named, because the gateway turns a violation into the sentence that the user sees.
-- On lower(email): Ann@example.com and ann@example.com are one mailbox almost everywhere,
-- and two accounts that differ in case alone are a trap.
create unique index users_email_key on users (lower(email));
create unique index users_phone_key on users (phone);
