#!/bin/sh
# Starts Traefik. The ACME account's mail address is the one thing that its static file cannot take from the environment.
set -eu
: "${EDGE_DOMAIN:?the domain below which the names chat, studio, grafana ... lie, such as home.example.org}"
case ${EDGE_CERT_RESOLVER:-} in
  acme) : "${ACME_EMAIL:?the mail address of the ACME account}" ;;
  "") [ -r /certs/studio.crt ] || { echo "There is no certificate: run compose/edge/lan-ca.sh $EDGE_DOMAIN, or set EDGE_CERT_RESOLVER=acme." >&2; exit 1; } ;;
  *) echo "EDGE_CERT_RESOLVER is acme, or empty for a certificate of lan-ca.sh." >&2; exit 1 ;;
esac
case ${ACME_EMAIL:-} in *[!A-Za-z0-9@._+-]*) echo "ACME_EMAIL is no plain mail address." >&2; exit 1 ;; esac
sed "s|@ACME_EMAIL@|${ACME_EMAIL:-}|" "${TRAEFIK_FILE:-/etc/traefik/traefik.yml}" > "${TMPDIR:-/tmp}/traefik.yml"
exec traefik --configFile="${TMPDIR:-/tmp}/traefik.yml"
