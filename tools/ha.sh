#!/bin/sh
# ha.sh - a primary and a synchronous standby of PostgreSQL on this machine, and what an operator does when one is lost.
# docs/operate/high-availability.md explains each step; tests/crash/failover.ts runs them under load.
#
#   ha.sh start DIR      makes servers a (primary) and b (synchronous standby) below DIR, prints the url of both
#   ha.sh url DIR        prints that url again
#   ha.sh fail DIR       kills every process of the primary at once, as a lost machine would
#   ha.sh promote DIR    fences what was the primary, then makes the standby the primary; until `rejoin` it has none
#   ha.sh usurp DIR      the same without the fence, as for a primary that is cut off and lives on; then `fence` it
#   ha.sh fence DIR      kills what was the primary, and has it come up as a standby when it is started by mistake
#   ha.sh rejoin DIR     makes the fenced server a new standby and waits until commits wait for it
#   ha.sh drop DIR       kills the standby: from now on commits wait
#   ha.sh status DIR     who is primary, and whether the standby is synchronous
#   ha.sh stop DIR       stops both
#
# HA_ASYNC=1 at start: commits don't wait for the standby (what tests must catch). HA_LINK=PORT: the standby connects to
# that port instead of the primary's.
set -eu

if [ $# -ne 2 ]; then
  sed -n '2,20p' "$0" >&2
  exit 2
fi
verb=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
pg=$(cd "$(dirname "$0")" && pwd)/pg.sh

primary() { cat "$dir/primary"; }
standby() { if [ "$(primary)" = a ]; then echo b; else echo a; fi; }
port_of() { cat "$dir/$1.port"; }
ask() { psql -X -q -At -v ON_ERROR_STOP=1 -d "postgres://tael@127.0.0.1:$(port_of "$1")/postgres" -c "$2"; }
url() { echo "postgres://tael@127.0.0.1:$(port_of a),127.0.0.1:$(port_of b)/postgres?target_session_attrs=read-write"; }

run_server() {
  PG_PORT=$(port_of "$1" 2>/dev/null || true) "$pg" start "$dir/$1" | sed 's/.*:\([0-9]*\)\/.*/\1/' >"$dir/$1.port.new"
  mv "$dir/$1.port.new" "$dir/$1.port"
}

# Every process of a server at once, by its number.
kill_all() {
  pid=$(head -n 1 "$dir/$1/data/postmaster.pid" 2>/dev/null) || return 0
  kill -9 "$pid" $(pgrep -P "$pid") 2>/dev/null || true
}

wait_until() {
  tries=0
  until [ "$(ask "$1" "$2")" = "$3" ]; do
    tries=$((tries + 1))
    if [ $tries -gt 300 ]; then
      echo "ha.sh: still not: $2" >&2
      exit 1
    fi
    sleep 0.1
  done
}

# From nothing, or in place of what was there.
make_standby() {
  from=$(port_of "$(primary)")
  rm -rf "$dir/$1/data"
  mkdir -p "$dir/$1"
  "$pg" run "$dir/$1" pg_basebackup -D "$dir/$1/data" -h 127.0.0.1 -p "$from" -U tael -R -X stream --checkpoint=fast
  echo "primary_conninfo = 'host=127.0.0.1 port=${HA_LINK:-$from} user=tael application_name=standby'" \
    >>"$dir/$1/data/postgresql.auto.conf"
  run_server "$1"
  wait_until "$(primary)" "select count(*) from pg_stat_replication where state = 'streaming'" 1
}

wait_for_standby() {
  ask "$(primary)" "alter system set synchronous_standby_names = '*'"
  ask "$(primary)" "select pg_reload_conf()" >/dev/null
  wait_until "$(primary)" "select count(*) from pg_stat_replication where sync_state = 'sync'" 1
}

start() {
  echo a >"$dir/primary"
  run_server a
  make_standby b
  [ -n "${HA_ASYNC:-}" ] || wait_for_standby
  url
}

fence() {
  kill_all "$1"                        # elsewhere: switch the machine off, or cut it from the network
  touch "$dir/$1/data/standby.signal"  # started by mistake it comes up as a standby and takes no writes
}

usurp() {
  new=$(standby)
  echo "$new" >"$dir/primary"
  "$pg" run "$dir/$new" pg_ctl -D "$dir/$new/data" -w promote >/dev/null
  ask "$new" "alter system reset synchronous_standby_names"
  ask "$new" "select pg_reload_conf()" >/dev/null
}

rejoin() {
  make_standby "$(standby)"
  [ -n "${HA_ASYNC:-}" ] || wait_for_standby
}

status() {
  echo "primary $(primary), port $(port_of "$(primary)")"
  ask "$(primary)" "select 'standby ' || state || ', ' || sync_state from pg_stat_replication"
}

case $verb in
start) start ;;
url) url ;;
fail) kill_all "$(primary)" ;;
drop) kill_all "$(standby)" ;;
promote)
  fence "$(primary)"
  usurp
  ;;
usurp) usurp ;;
fence) fence "$(standby)" ;;
rejoin) rejoin ;;
status) status ;;
stop)
  for one in a b; do "$pg" stop "$dir/$one" 2>/dev/null || true; done
  ;;
*) echo "ha.sh: start, url, fail, promote, usurp, fence, rejoin, drop, status or stop, not $verb" >&2; exit 2 ;;
esac
