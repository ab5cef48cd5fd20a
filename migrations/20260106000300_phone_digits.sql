-- Telephone numbers have 7 to 15 digits with their country code, as the API asks for. Accounts that
-- are there already keep theirs: a number that was typed with leading zeros has fewer.
do $$
begin
    if exists (select from users where phone not between 1000000 and 999999999999999) then
        execute format(
            'alter table users add constraint users_phone_digits check (
                phone between 1000000 and 999999999999999 or created_at <= %L::timestamptz)',
            clock_timestamp()
        );
    else
        alter table users add constraint users_phone_digits
            check (phone between 1000000 and 999999999999999);
    end if;
end
$$;
