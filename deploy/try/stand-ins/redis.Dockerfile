# Replaces redis: Debian's redis-server.
FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends redis-server redis-tools \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o redis -g redis /data
USER redis
WORKDIR /data
CMD ["redis-server"]
