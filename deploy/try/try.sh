#!/bin/sh
# try.sh: builds the image, starts the stack of docker-compose.yml, tests it through Caddy, and removes
# it. README.md lists the images' stand-ins.
#
#   DOCKER, COMPOSE       the programs; default `docker`, and `docker compose` or `docker-compose`
#   PROGRAMS_DIR          the folder of the built programs; default target/debug
#   HTTP_PORT, HTTPS_PORT Caddy's ports on this machine; default 43080, 43443
#   KEEP=1                leaves the stack running
set -eu
cd "$(dirname "$0")/../.."
export DOCKER="${DOCKER:-docker}" HTTP_PORT="${HTTP_PORT:-43080}" HTTPS_PORT="${HTTPS_PORT:-43443}"
PROGRAMS_DIR=${PROGRAMS_DIR:-target/debug}
PROGRAMS="batch-uploader db-worker engine healthcheck http-gateway mailer migrate price-poller realtime velox"
WORK=$(mktemp -d)
export WORK

if [ -z "${COMPOSE:-}" ]; then
    COMPOSE=docker-compose
    "$DOCKER" compose version > /dev/null 2>&1 && COMPOSE="$DOCKER compose"
fi
# Meant to be split into words: a program and its arguments.
export COMPOSE="$COMPOSE --project-name velox-try --project-directory . --env-file $WORK/env \
    -f docker-compose.yml -f $WORK/override.yml"

say() {
    printf '\n== %s\n' "$*"
}

say "settings"
deploy/make-env.sh "localhost:$HTTPS_PORT" internal "$WORK/env"
cat >> "$WORK/env" <<END
VELOX_VERSION=try
CADDY_HTTP_PORT=$HTTP_PORT
CADDY_HTTPS_PORT=$HTTPS_PORT
PRICE_FEED=sim
EDGE_SUBNET=${EDGE_SUBNET:-172.30.251.0/24}
TIMESCALEDB_TAG=${TIMESCALEDB_TAG:-without-timescaledb}
END

# A Docker engine that can't raise the limit of open files starts no container that asks for more.
files_max=$(ulimit -Hn)
echo "services: {}" > "$WORK/override.yml"
if [ "$files_max" != unlimited ] && [ "$files_max" -lt 65536 ]; then
    echo "services: {realtime: {ulimits: {nofile: $files_max}}}" > "$WORK/override.yml"
    echo "realtime gets only $files_max open files instead of 65536: this machine's limit"
fi

say "base images"
COMPOSE_FILE_IMAGES=$($COMPOSE --profile monitoring config | sed -n 's/^ *image: *//p' | sort -u)
export COMPOSE_FILE_IMAGES
deploy/try/images.sh

say "the image, from the programs in $PROGRAMS_DIR and the page in web/dist"
mkdir -p "$WORK/programs/out" "$WORK/page/src/web"
for program in $PROGRAMS; do
    strip --strip-debug -o "$WORK/programs/out/$program" "$PROGRAMS_DIR/$program"
    chmod 755 "$WORK/programs/out/$program"
done
cp -r web/dist "$WORK/page/src/web/dist"
for image in programs page; do
    tar -C "$WORK/$image" --owner 0 --group 0 -c . | "$DOCKER" import - "velox-try-$image" > /dev/null
    rm -rf "${WORK:?}/$image"
done
DOCKER_BUILDKIT=1 "$DOCKER" build --progress plain --build-arg PROGRAMS=velox-try-programs \
    --build-arg WEB=velox-try-page --tag velox:try . > "$WORK/build.log" 2>&1 \
    || { tail -n 20 "$WORK/build.log" >&2; exit 1; }

finish() {
    status=$?
    [ "$status" -eq 0 ] || $COMPOSE logs --tail 30 >&2 || true
    if [ -n "${KEEP:-}" ]; then
        echo "The stack keeps running at https://localhost:$HTTPS_PORT. Remove it with: $COMPOSE down --volumes"
    else
        $COMPOSE --profile tools --profile standby --profile monitoring down --volumes > /dev/null 2>&1 || true
        rm -rf "$WORK"
    fi
    exit "$status"
}
trap finish EXIT
deploy/try/smoke.sh
