#!/bin/sh
# Does what the original image's entry point does with these variables: on the first start it creates a
# cluster with one database and one superuser with a password.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    password=$(mktemp)
    printf '%s' "$POSTGRES_PASSWORD" > "$password"
    initdb --username "$POSTGRES_USER" --pwfile "$password" --encoding UTF8 \
        --auth-local trust --auth-host scram-sha-256 > /dev/null
    rm "$password"
    echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
    pg_ctl --wait --silent --options "-c listen_addresses=''" start > /dev/null
    createdb --username "$POSTGRES_USER" "$POSTGRES_DB"
    pg_ctl --wait --silent --mode fast stop
fi
exec postgres -c listen_addresses='*'
