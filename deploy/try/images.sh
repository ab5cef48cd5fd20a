#!/bin/sh
# images.sh: makes the base images of the Dockerfile and docker-compose.yml from Debian's packages, for
# a machine that can't pull images. README.md lists what each one stands in for.
#
# An existing image is kept. Needs root, debootstrap and a Docker engine.
set -eu
: "${DOCKER:=docker}" "${COMPOSE_FILE_IMAGES:?the names of the images, from try.sh}"
SUITE=trixie

is_there() {
    "$DOCKER" image inspect "$1" > /dev/null 2>&1
}

# Debian's minimal system, like the original image of that name.
base() {
    is_there "debian:$SUITE-slim" && return
    folder=$(mktemp -d)
    echo "debian:$SUITE-slim: debootstrap"
    # shellcheck disable=SC2086 # The mirror is one word, or absent.
    debootstrap --variant=minbase "$SUITE" "$folder" ${DEBIAN_MIRROR:-} > "$folder.log" 2>&1 \
        || { tail -n 5 "$folder.log" >&2; exit 1; }
    tar -C "$folder" --exclude='./var/cache/apt/archives/*.deb' -c . \
        | "$DOCKER" import --change 'LABEL velox.stand-in=true' - "debian:$SUITE-slim" > /dev/null
    rm -rf "$folder" "$folder.log"
}

# stand_in NAME: builds the image from a Dockerfile on standard input.
stand_in() {
    if is_there "$1"; then
        cat > /dev/null
        return
    fi
    echo "$1: from Debian's packages"
    "$DOCKER" build --quiet --label velox.stand-in=true --tag "$1" --file - \
        "$(dirname "$0")/stand-ins" > /dev/null
}

base
for image in $COMPOSE_FILE_IMAGES; do
    case $image in
        redis:*) stand_in "$image" < "$(dirname "$0")/stand-ins/redis.Dockerfile" ;;
        timescale/*) stand_in "$image" < "$(dirname "$0")/stand-ins/postgres.Dockerfile" ;;
        caddy:*) stand_in "$image" < "$(dirname "$0")/stand-ins/caddy.Dockerfile" ;;
        prom/prometheus:*) stand_in "$image" < "$(dirname "$0")/stand-ins/prometheus.Dockerfile" ;;
    esac
done
