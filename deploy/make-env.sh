#!/bin/sh
# make-env.sh DOMAIN TLS [FILE]: writes the settings of docker-compose.yml, with fresh secrets.
#
# TLS is an e-mail address for the certificates, or `internal` to try the stack on this machine.
# An existing file is never overwritten: its secrets are needed to open the data.
set -eu
cd "$(dirname "$0")/.."

if [ $# -lt 2 ]; then
    sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
domain=$1 tls=$2 file=${3:-.env}
# Prints an error about an argument and exits.
refuse() {
    echo "$1" >&2
    exit 2
}

# Without the port, which is not part of the mails' sender address.
name=${domain%:*}
case $domain in
    '') refuse "The first argument is empty; it must be a domain such as velox.example." ;;
    *://* | */*) refuse "$domain is a URL; give only the domain, such as velox.example." ;;
    *@*) refuse "$domain is an e-mail address; the domain comes first, then TLS." ;;
    *[!A-Za-z0-9.:-]*) refuse "$domain can't be a domain: only letters, digits, dots and dashes are allowed. \
Write a name with other letters as xn--…" ;;
    *:*:*) refuse "$domain can't be a domain: it has more than one colon." ;;
    *:*[!0-9]* | *:) refuse "$domain can't be a domain: the colon must be followed by a port number." ;;
esac
case $name in
    '' | .* | *. | *..*) refuse "$domain can't be a domain: it has an empty part before or after a dot." ;;
    -* | *- | *.-* | *-.*) refuse "$domain can't be a domain: no part may begin or end with a dash." ;;
esac
[ "${#name}" -le 253 ] || refuse "$domain can't be a domain: it has more than 253 characters."
longest=$(printf %s "$name" | tr . '\n' | awk 'length > longest { longest = length } END { print longest }')
[ "$longest" -le 63 ] || refuse "$domain can't be a domain: a part has more than 63 characters."
case $tls in
    internal) ;;
    *[!A-Za-z0-9.+_@-]*) echo "$tls is not an e-mail address" >&2; exit 2 ;;
    ?*@?*) ;;
    *) echo "$tls is neither an e-mail address nor \`internal\`" >&2; exit 2 ;;
esac
if [ -e "$file" ]; then
    echo "$file already exists; its secrets are needed to open the data. Edit it, or move it away first." >&2
    exit 1
fi

# 256 bits as letters and digits only, because secrets become parts of URLs.
secret() {
    od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

umask 077
sed -e "s|^VELOX_DOMAIN=.*|VELOX_DOMAIN=$domain|" \
    -e "s|^VELOX_TLS=.*|VELOX_TLS=$tls|" \
    -e "s|^MAIL_FROM=.*|MAIL_FROM=Velox <no-reply@$name>|" \
    -e "s|^JWT_SECRET=.*|JWT_SECRET=$(secret)|" \
    -e "s|^POSTGRES_PASSWORD=.*|POSTGRES_PASSWORD=$(secret)|" \
    -e "s|^REDIS_PASSWORD=.*|REDIS_PASSWORD=$(secret)|" \
    -e "s|^GRAFANA_PASSWORD=.*|GRAFANA_PASSWORD=$(secret)|" \
    .env.example > "$file"
echo "Wrote $file. Read it, and set in it how mails are sent."
