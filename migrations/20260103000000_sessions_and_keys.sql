-- Tokens carry the version that the account's sessions had when they were given out. Ending all
-- sessions, and a new password, count it up; older tokens and links from mails are void then.
alter table users add column "sessionVersion" integer not null default 0;

-- Keys with which programs act for a user. The key itself is shown once and never stored.
create table api_keys (
    id uuid primary key,
    "userId" uuid not null references users (id) on delete cascade,
    name text not null,
    -- READ sees everything of the account, TRADE also opens, changes and closes positions.
    scope text not null,
    -- BLAKE3 of the key. It is 256 random bits: a slow hash would add nothing but time.
    "keyHash" bytea not null,
    "createdAt" timestamptz not null default now(),
    -- To the minute: not every request is worth a write.
    "lastUsedAt" timestamptz,
    constraint api_keys_scope_known check (scope in ('READ', 'TRADE')),
    constraint api_keys_hash_length check (length("keyHash") = 32)
);

create index api_keys_user on api_keys ("userId", "createdAt");
