#!/bin/sh
# make-env.sh DOMAIN TLS [FILE]: writes the settings of docker-compose.yml, with fresh secrets.
#
# TLS is an e-mail address for the certificates, or `internal` to try it out on this machine.
# A file that is there is never written over: its secrets open the data.
set -eu
cd "$(dirname "$0")/.."

if [ $# -lt 2 ]; then
    sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
domain=$1 tls=$2 file=${3:-.env}
case $domain in
    *[!A-Za-z0-9.:-]* | '') echo "$domain is not a domain" >&2; exit 2 ;;
esac
case $tls in
    internal) ;;
    *[!A-Za-z0-9.+_@-]*) echo "$tls is not an e-mail address" >&2; exit 2 ;;
    ?*@?*) ;;
    *) echo "$tls is neither an e-mail address nor \`internal\`" >&2; exit 2 ;;
esac
if [ -e "$file" ]; then
    echo "$file is there already; its secrets open the data. Edit it, or move it away first." >&2
    exit 1
fi

# 256 bits, of letters and digits alone: they become parts of URLs.
secret() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

# Mails come from the name alone; the address of the site may have a port.
name=${domain%%:*}

umask 077
sed -e "s|^VELOX_DOMAIN=.*|VELOX_DOMAIN=$domain|" \
    -e "s|^VELOX_TLS=.*|VELOX_TLS=$tls|" \
    -e "s|^MAIL_FROM=.*|MAIL_FROM=Velox <no-reply@$name>|" \
    -e "s|^JWT_SECRET=.*|JWT_SECRET=$(secret)|" \
    -e "s|^POSTGRES_PASSWORD=.*|POSTGRES_PASSWORD=$(secret)|" \
    -e "s|^REDIS_PASSWORD=.*|REDIS_PASSWORD=$(secret)|" \
    -e "s|^GRAFANA_PASSWORD=.*|GRAFANA_PASSWORD=$(secret)|" \
    .env.example > "$file"
echo "$file is written. Read it, and say in it how mails are sent."
