-- Guests: users who trade before they register. They have an account and a session, and neither an email
-- nor a password, until they register in place. Nobody needs a phone number.
--
-- A gateway of the version before can't read users without an email or a phone number: those get an error
-- from it, and nothing else happens to them, until it is replaced.
alter table users alter column email drop not null;

alter table users alter column password drop not null;

alter table users alter column phone drop not null;

alter table users add constraint users_guest_or_registered check (
    num_nonnulls(email, password) = 2 or num_nonnulls(email, password, phone) = 0
);
