# Replaces caddy: Debian's Caddy, and the `nc` of the health check.
FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends caddy ca-certificates netcat-openbsd \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir -p /data /config /etc/caddy
ENV XDG_DATA_HOME=/data XDG_CONFIG_HOME=/config
WORKDIR /srv
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
