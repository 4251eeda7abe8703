#!/bin/sh
# pg.sh - a real PostgreSQL server of our own for tests and the `./dev` script, on loopback, durable as in service.
#
#   pg.sh start DIR   starts a server whose data lies in DIR (made when missing) and prints its url
#   pg.sh url DIR     prints the url of a running server
#   pg.sh stop DIR    stops it; DIR stays, so that a later start finds the data
#   pg.sh run DIR PROGRAM ...   runs one of PostgreSQL's programs as the user the server in DIR runs as
#
# The server listens on 127.0.0.1 on a free port and on a Unix socket in DIR. As root it runs as the
# system user postgres, since PostgreSQL refuses root. PG_BIN names the folder of its programs, PG_PORT the port.
set -eu

if [ $# -lt 2 ] || { [ $# -ne 2 ] && [ "$1" != run ]; }; then
  sed -n '2,10p' "$0" >&2
  exit 2
fi
verb=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)

bin=${PG_BIN:-}
if [ -z "$bin" ]; then
  for candidate in /usr/lib/postgresql/*/bin; do
    [ -x "$candidate/initdb" ] && bin=$candidate
  done
fi
if [ -z "$bin" ]; then
  echo "pg.sh: no PostgreSQL server found; install the package postgresql, or set PG_BIN" >&2
  exit 1
fi

as_server() {
  if [ "$(id -u)" = 0 ]; then
    (cd / && exec setpriv --reuid postgres --regid postgres --clear-groups -- "$@")
  else
    (cd / && exec "$@")
  fi
}

# A guess below the range Linux uses by itself; start tries another when it is taken.
guess_port() {
  awk -v pid="$$" -v try="$1" 'BEGIN { srand(); print 20000 + (srand() * 31 + pid * 7 + try * 1009) % 12000 }'
}

start() {
  if [ "$(id -u)" = 0 ]; then chown postgres:postgres "$dir"; fi
  chmod 700 "$dir"
  if [ ! -f "$dir/data/PG_VERSION" ]; then
    as_server "$bin/initdb" -D "$dir/data" -U tael -A trust -E UTF8 --locale=C.UTF-8 >"$dir.log" 2>&1 || {
      cat "$dir.log" >&2
      exit 1
    }
  fi
  rm -f "$dir.log"
  if as_server "$bin/pg_ctl" -D "$dir/data" status >/dev/null 2>&1; then return 0; fi
  tries=0
  while [ $tries -lt 10 ]; do
    tries=$((tries + 1))
    port=${PG_PORT:-$(guess_port $tries)}
    options="-p $port -k $dir -h 127.0.0.1 -c max_connections=100 -c max_prepared_transactions=0"
    if as_server "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 60 -o "$options" start \
      >/dev/null 2>&1; then
      return 0
    fi
    sleep 1
  done
  echo "pg.sh: the server did not start:" >&2
  tail -n 20 "$dir/server.log" >&2
  exit 1
}

print_url() {
  # The fourth line of postmaster.pid is the port.
  port=$(as_server sed -n 4p "$dir/data/postmaster.pid")
  echo "postgres://tael@127.0.0.1:$port/postgres"
}

case $verb in
start) start && print_url ;;
url) print_url ;;
stop) as_server "$bin/pg_ctl" -D "$dir/data" -m fast -w stop >/dev/null ;;
run)
  shift 2
  program=$1
  shift
  if [ "$(id -u)" = 0 ]; then chown postgres:postgres "$dir"; fi
  as_server "$bin/$program" "$@"
  ;;
*) echo "pg.sh: start, url, stop or run, not $verb" >&2; exit 2 ;;
esac
