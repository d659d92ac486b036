#!/usr/bin/env bash
# Does with MARIADB_ROOT_PASSWORD, MARIADB_DATABASE, MARIADB_USER and MARIADB_PASSWORD what the official image does.
set -euo pipefail
[ "${1:-}" = "${1#-}" ] || set -- mariadbd "$@"
data=/var/lib/mysql

quoted() {
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\'\'}"
}
# shellcheck disable=SC2016
name() { printf '`%s`' "${1//\`/\`\`}"; }

first_statements() {
  echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $(quoted "$MARIADB_ROOT_PASSWORD");"
  echo "CREATE USER 'root'@'%' IDENTIFIED BY $(quoted "$MARIADB_ROOT_PASSWORD");"
  echo "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;"
  [ -z "${MARIADB_DATABASE:-}" ] || echo "CREATE DATABASE $(name "$MARIADB_DATABASE");"
  if [ -n "${MARIADB_USER:-}" ]; then
    echo "CREATE USER $(quoted "$MARIADB_USER")@'%' IDENTIFIED BY $(quoted "$MARIADB_PASSWORD");"
    [ -z "${MARIADB_DATABASE:-}" ] || echo "GRANT ALL ON $(name "$MARIADB_DATABASE").* TO $(quoted "$MARIADB_USER")@'%';"
  fi
}

if [ "$1" = mariadbd ]; then
  first=
  if [ ! -d "$data/mysql" ]; then
    if [ -z "${MARIADB_ROOT_PASSWORD:-}" ]; then
      echo "Error: MARIADB_ROOT_PASSWORD must not be empty." >&2
      exit 1
    fi
    mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve \
      --user=mysql --datadir="$data"
    first=$data/first.sql
    (umask 077 && first_statements >"$first" && chown mysql "$first")
  fi
  shift
  # The server runs these statements before it lets anyone in.
  set -- mariadbd --no-defaults --user=mysql --datadir="$data" --socket=/run/mysqld/mysqld.sock \
    --skip-name-resolve ${first:+--init-file="$first"} "$@"
fi
exec "$@"
