#!/bin/sh
# Makes a certificate authority of your own and a certificate for the studio's names, for a home network without a public domain.
#   compose/edge/lan-ca.sh home.example.org [more names or addresses ...]
# Run again it keeps the authority and makes a new certificate (good for 397 days). Install ca/ca.crt on each device once; ca/ca.key never
# leaves this machine: who has it can pretend to be any name below the domain.
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
ca=${EDGE_CA_FOLDER:-$here/ca} certs=${EDGE_CERTS_FOLDER:-$here/certs}
[ $# -ge 1 ] || { echo "Name the domain: $0 home.example.org" >&2; exit 2; }
command -v openssl >/dev/null || { echo "openssl is missing: apt-get install openssl" >&2; exit 1; }
domain=$1; shift
case $domain in *[!a-z0-9.-]*|.*|*.|*..*|-*) echo "\"$domain\" is no domain: lower-case letters, digits, dots, such as home.example.org" >&2; exit 2 ;; esac
mkdir -p "$ca" "$certs"

if [ ! -e "$ca/ca.key" ]; then
  openssl ecparam -name prime256v1 -genkey -noout -out "$ca/ca.key"
  # it can vouch for names below this domain alone (RFC 5280, name constraints), so a stolen key is no key to everything
  openssl req -x509 -new -key "$ca/ca.key" -days 3650 -sha256 -subj "/CN=MySpinBot home CA" -out "$ca/ca.crt" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -addext "nameConstraints=critical,permitted;DNS:$domain,permitted;IP:10.0.0.0/255.0.0.0,permitted;IP:172.16.0.0/255.240.0.0,permitted;IP:192.168.0.0/255.255.0.0"
  echo "A new authority: install $ca/ca.crt on each device that is to trust the studio."
fi

names="DNS:$domain,DNS:*.$domain"
for name in "$@"; do
  case $name in
    *[!a-zA-Z0-9.:-]*) echo "\"$name\" is neither a name nor an address" >&2; exit 2 ;;
    *[!0-9.]*) names="$names,DNS:$name" ;;
    *) names="$names,IP:$name" ;;
  esac
done
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
printf '%s\n' "subjectAltName=$names" "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" "extendedKeyUsage=serverAuth" > "$work/ext"
openssl ecparam -name prime256v1 -genkey -noout -out "$work/key"
openssl req -new -key "$work/key" -subj "/CN=$domain" -out "$work/csr"
openssl x509 -req -in "$work/csr" -CA "$ca/ca.crt" -CAkey "$ca/ca.key" -set_serial "0x$(openssl rand -hex 16)" -days 397 -sha256 -extfile "$work/ext" -out "$work/crt" 2>/dev/null
openssl verify -CAfile "$ca/ca.crt" "$work/crt" >/dev/null || {
  echo "The authority in $ca was made for another domain: move that folder away and run this again (devices then need the new ca.crt)." >&2; exit 1
}
mv "$work/key" "$certs/studio.key" && mv "$work/crt" "$certs/studio.crt"
echo "A certificate for $names until $(openssl x509 -enddate -noout -in "$certs/studio.crt" | cut -d= -f2)."
