#!/bin/bash
# smoke.sh: starts the stack and uses it like traders and operators. Called by try.sh, which sets the
# variables.
set -euo pipefail
SITE=https://localhost:$HTTPS_PORT
PATIENCE=180

say() {
    printf '\n== %s\n' "$*"
}

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# Repeats a command until it succeeds.
until_well() {
    local end=$((SECONDS + PATIENCE))
    until "$@" > "$WORK/last" 2>&1; do
        [ $SECONDS -lt $end ] || { cat "$WORK/last" >&2; fail "$* (waited for $PATIENCE s)"; }
        sleep 1
    done
}

# Over HTTP/1.1: Debian's curl 7.88 and Caddy 2.6 sometimes fail with "Stream error in the HTTP/2
# framing layer" after a 200 response.
api() {
    curl --http1.1 --silent --show-error --fail-with-body --max-time 10 --cacert "$WORK/ca.crt" "$@"
}

tools() {
    $COMPOSE run --rm -T tools "$@" < /dev/null
}

state() {
    "$DOCKER" inspect --format "{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}" \
        "$($COMPOSE ps -a -q "$1" | head -n 1)"
}

all_healthy() {
    local service
    for service in caddy http-gateway engine price-poller db-worker realtime batch-uploader mailer; do
        [ "$(state "$service")" = "running healthy" ] || { echo "$service: $(state "$service")"; return 1; }
    done
}

authority() {
    $COMPOSE exec -T caddy cat /data/caddy/pki/authorities/local/root.crt > "$WORK/ca.crt" < /dev/null
}

say "a container that can't start leaves Caddy running"
cat > "$WORK/broken.yml" <<END
services:
  db-worker: {command: [no-such-program]}
END
if $COMPOSE -f "$WORK/broken.yml" up --detach > "$WORK/broken.log" 2>&1; then
    fail "a container whose program does not exist was started"
fi
grep no-such-program "$WORK/broken.log" | head -n 1
[[ "$(state caddy)" == running* ]] || fail "caddy is $(state caddy)"

say "the stack"
$COMPOSE up --detach > "$WORK/up.log" 2>&1 || { cat "$WORK/up.log" >&2; fail "up"; }
until_well all_healthy
$COMPOSE ps
until_well authority

say "a trade, over TLS"
api "$SITE/trade" | grep '<html' > /dev/null || fail "no page"
api "$SITE/config.json" | grep "wss://localhost:$HTTPS_PORT/ws" > /dev/null || fail "config.json"
ACCOUNT='"email":"try@example.com","password":"correct horse battery"'
api -c "$WORK/cookies" "$SITE/api/v1/user/signup" --json "{$ACCOUNT,\"phone\":\"+1 555 0100\"}" | cut -c 1-120
api -b "$WORK/cookies" "$SITE/api/v1/order/open" \
    --json '{"asset":"BTCUSDT","orderType":"LONG","leverage":10,"qty":0.01}' > "$WORK/order"
ORDER=$(grep -o '"orderId":"[^"]*"' "$WORK/order" | cut -d '"' -f 4)
api -b "$WORK/cookies" "$SITE/api/v1/order/close/$ORDER" --json '{}' | cut -c 1-120
in_the_database() {
    tools bash -c 'psql "$DATABASE_URL" -tAc "select count(*) from closed_orders"' | grep -x 1
}
until_well in_the_database
BALANCE=$(api -b "$WORK/cookies" "$SITE/api/v1/order/user/balance" | grep -o '"balance":"[^"]*"')
echo "$BALANCE"

say "logs are JSON"
$COMPOSE logs --no-color --tail 5 engine 2>&1 | grep '|' | sed 's/^[^|]*| *//' > "$WORK/log"
head -n 1 "$WORK/log" | cut -c 1-120
! grep -v '^{' "$WORK/log" || fail "a line of the engine's log is not JSON"

say "velox status, in the tools"
until_well tools velox status
cat "$WORK/last"

say "the commands of docs/runbooks, as printed"
for page in docs/runbooks/*.md; do
    name=$(basename "$page" .md)
    [ "$name" != README ] || continue
    # Only blocks marked `sh`, each in a separate shell that exits at the first failure. redis-cli
    # prints Redis' errors but exits with 0.
    awk -v name="$name" '
        !inside && /^ *```sh$/ { inside = 1; printf "bash -euo pipefail > /tmp/out 2>&1 <<\"END_OF_BLOCK\" || { echo \"%s, line %d\"; cat /tmp/out; exit 1; }\n", name, NR; next }
        inside && /^ *```$/ { inside = 0; print "END_OF_BLOCK\n! grep -E \"^(ERR|NO[A-Z]+|WRONG[A-Z]+|AUTH failed)\" /tmp/out || exit 1"; next }
        inside { print }' "$page"
done > "$WORK/runbooks"
$COMPOSE run --rm -T tools bash < "$WORK/runbooks"
echo "$(grep -c '^END_OF_BLOCK' "$WORK/runbooks") blocks succeeded"

say "a backup, copied out of its volume"
tools velox backup backups/try
tools tar -c -C backups try > "$WORK/try.tar"
tar -tf "$WORK/try.tar" try/manifest.json > /dev/null || fail "no manifest in the copy"
tools rm -r backups/try

say "the backup, restored into empty servers"
$COMPOSE --profile tools down --volumes > /dev/null 2>&1
$COMPOSE up --detach redis postgres > /dev/null 2>&1
servers_healthy() {
    [ "$(state redis)" = "running healthy" ] && [ "$(state postgres)" = "running healthy" ]
}
until_well servers_healthy
$COMPOSE run --rm -T tools tar -x -C backups < "$WORK/try.tar"
tools velox restore backups/try
$COMPOSE up --detach engine > /dev/null 2>&1
engine_healthy() {
    [ "$(state engine)" = "running healthy" ]
}
until_well engine_healthy
tools velox status --services engine | grep -E '^(state|leader) ' || true
$COMPOSE up --detach > /dev/null 2>&1
until_well all_healthy
until_well authority
api -c "$WORK/cookies" "$SITE/api/v1/user/signin" --json "{$ACCOUNT}" > /dev/null
AFTER=$(api -b "$WORK/cookies" "$SITE/api/v1/order/user/balance" | grep -o '"balance":"[^"]*"')
[ "$AFTER" = "$BALANCE" ] || fail "$AFTER after the restore, $BALANCE before"
echo "$AFTER, as before"

say "all checks passed"
