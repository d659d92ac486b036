#!/usr/bin/env bash
# Does with POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB what the official image does.
set -euo pipefail
[ "${1:-}" = "${1#-}" ] || set -- postgres "$@"
user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
as_postgres=(setpriv --reuid postgres --regid postgres --clear-groups)

if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  if [ -z "${POSTGRES_PASSWORD:-}" ]; then
    echo "Error: POSTGRES_PASSWORD must not be empty." >&2
    exit 1
  fi
  install -d -o postgres -g postgres -m 0700 "$PGDATA"
  # A file, because the server's user may not open a pipe of ours.
  printf '%s\n' "$POSTGRES_PASSWORD" >"$PGDATA.password"
  chown postgres "$PGDATA.password"
  "${as_postgres[@]}" initdb --username="$user" --pwfile="$PGDATA.password" --auth-local=trust --auth-host=scram-sha-256 \
    --encoding=UTF8
  rm "$PGDATA.password"
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
  if [ "$database" != postgres ]; then
    "${as_postgres[@]}" postgres --single -D "$PGDATA" postgres <<<"CREATE DATABASE \"${database//\"/\"\"}\""
  fi
fi
install -d -o postgres -g postgres /var/run/postgresql /tmp
chmod 1777 /tmp
exec "${as_postgres[@]}" "$@"
