# One image for all of Velox: every service, `migrate`, the console and the web UI. The command says
# which program runs: `docker run velox engine`.
#
# The build arguments PROGRAMS and WEB can name images with programs or a page that were built
# elsewhere, in `/out` and `/src/web/dist`; they replace the stages `build` and `web`.
ARG PROGRAMS=build
ARG WEB=web

# The web UI; the final image has no Node.js.
FROM node:22-trixie-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web ./
RUN npm run build

# Dependencies are built in their own layer, which is cached until they change.
FROM rust:1.95-slim-trixie AS chef
RUN cargo install cargo-chef --locked
WORKDIR /src
# SQL is checked against the committed data; backtraces need names, but no line numbers.
ENV SQLX_OFFLINE=true CARGO_PROFILE_RELEASE_DEBUG=false CARGO_PROFILE_RELEASE_STRIP=debuginfo

FROM chef AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
# The programs that run in production, without development and test tools. `service` has the health
# check.
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
# `velox backup` and `velox restore` call pg_dump and pg_restore, which must match the server's
# version. The runbooks also use psql, redis-cli and curl.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client-17 redis-tools curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /var/lib/velox --create-home velox \
    && install -d -o velox -g velox /var/lib/velox/mail /var/lib/velox/backups
COPY --from=programs /out/ /usr/local/bin/
COPY --from=page /src/web/dist /usr/local/share/velox/web
# For a container without a list of its own: MARKETS_FILE names one of them.
COPY markets.toml markets.binance.toml /usr/local/share/velox/
ENV WEB_DIR=/usr/local/share/velox/web LOG_FORMAT=json
USER 10001:10001
WORKDIR /var/lib/velox
