# One image for all of Velox: every service, `migrate`, the console and the web UI. The command says
# which program runs: `docker run velox engine`.
#
# Where the programs or the page were built elsewhere, the name of an image that holds them takes the
# place of the stage that builds them: in `/out` of PROGRAMS, in `/src/web/dist` of WEB.
ARG PROGRAMS=build
ARG WEB=web

# The web UI; nothing of Node.js is left in the image.
FROM node:22-trixie-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web ./
RUN npm run build

# Dependencies are built in a layer of their own, which stays as long as they do.
FROM rust:1.95-slim-trixie AS chef
RUN cargo install cargo-chef --locked
WORKDIR /src
# SQL is checked against the committed data; a backtrace needs names, and no lines.
ENV SQLX_OFFLINE=true CARGO_PROFILE_RELEASE_DEBUG=false CARGO_PROFILE_RELEASE_STRIP=debuginfo

FROM chef AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
# Everything that runs; not what develops and tests. `service` has the health check.
ARG PACKAGES="--package engine --package http-gateway --package price-poller --package realtime \
    --package db-worker --package batch-uploader --package mailer --package console --package migrate \
    --package service"
COPY --from=plan /src/recipe.json recipe.json
RUN cargo chef cook --release --locked --bins $PACKAGES --recipe-path recipe.json
COPY . .
RUN cargo build --release --locked --bins $PACKAGES \
    && mkdir /out \
    && find target/release -maxdepth 1 -type f -executable -exec cp -t /out {} +

FROM ${PROGRAMS} AS programs
FROM ${WEB} AS page

FROM debian:trixie-slim
# `velox backup` and `velox restore` call pg_dump and pg_restore, of the server's version. The
# runbooks use psql, redis-cli and curl besides.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client-17 redis-tools curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /var/lib/velox --create-home velox \
    && install -d -o velox -g velox /var/lib/velox/mail /var/lib/velox/backups
COPY --from=programs /out/ /usr/local/bin/
COPY --from=page /src/web/dist /usr/local/share/velox/web
ENV WEB_DIR=/usr/local/share/velox/web LOG_FORMAT=json
USER 10001:10001
WORKDIR /var/lib/velox
