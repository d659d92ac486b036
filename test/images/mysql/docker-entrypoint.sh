#!/usr/bin/env bash
# Does with MYSQL_ROOT_PASSWORD, MYSQL_DATABASE, MYSQL_USER and MYSQL_PASSWORD what the official image does.
set -euo pipefail
[ "${1:-}" = "${1#-}" ] || set -- mysqld "$@"
data=/var/lib/mysql

quoted() {
  local text=${1//\\/\\\\}
  printf "'%s'" "${text//\'/\'\'}"
}
# shellcheck disable=SC2016
name() { printf '`%s`' "${1//\`/\`\`}"; }

first_statements() {
  echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $(quoted "$MYSQL_ROOT_PASSWORD");"
  echo "CREATE USER 'root'@'%' IDENTIFIED BY $(quoted "$MYSQL_ROOT_PASSWORD");"
  echo "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;"
  [ -z "${MYSQL_DATABASE:-}" ] || echo "CREATE DATABASE $(name "$MYSQL_DATABASE");"
  if [ -n "${MYSQL_USER:-}" ]; then
    echo "CREATE USER $(quoted "$MYSQL_USER")@'%' IDENTIFIED BY $(quoted "$MYSQL_PASSWORD");"
    [ -z "${MYSQL_DATABASE:-}" ] || echo "GRANT ALL ON $(name "$MYSQL_DATABASE").* TO $(quoted "$MYSQL_USER")@'%';"
  fi
}

if [ "$1" = mysqld ]; then
  first=
  if [ ! -d "$data/mysql" ]; then
    if [ -z "${MYSQL_ROOT_PASSWORD:-}" ]; then
      echo "Error: MYSQL_ROOT_PASSWORD must not be empty." >&2
      exit 1
    fi
    mysqld --no-defaults --initialize-insecure --user=mysql --datadir="$data"
    first=$data/first.sql
    (umask 077 && first_statements >"$first" && chown mysql "$first")
  fi
  shift
  # The server runs these statements before it lets anyone in.
  set -- mysqld --no-defaults --user=mysql --datadir="$data" --socket=/var/run/mysqld/mysqld.sock \
    --secure-file-priv=/var/lib/mysql-files --skip-name-resolve ${first:+--init-file="$first"} "$@"
fi
exec "$@"
