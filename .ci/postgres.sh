#!/bin/bash
# postgres.sh - a PostgreSQL server for the tests: Debian's, on a loopback high port, with a data directory of
# its own that goes when the server does. No server of the system is touched.
#
#   bash .ci/postgres.sh COMMAND...   runs the command with DESKPOST_TEST_POSTGRES naming the server

set -euo pipefail

postgres_patience=30 # seconds
postgres_user=postgres

main() {
  if (($# == 0)); then
    echo 'usage: postgres.sh COMMAND...' >&2
    return 2
  fi
  trap postgres_stop EXIT
  postgres_start
  DESKPOST_TEST_POSTGRES="postgres://desk@127.0.0.1:$postgres_port/postgres" "$@"
}

postgres_start() {
  local bin
  bin=$(postgres_programs)
  postgres_dir=$(mktemp -d /tmp/deskpost-pg.XXXXXX)
  postgres_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  postgres_command=()
  if [[ $(id -u) -eq 0 ]]; then # the server does not run as root
    chown "$postgres_user:" "$postgres_dir"
    postgres_command=(setpriv --reuid="$postgres_user" --regid="$postgres_user" --clear-groups env --chdir="$postgres_dir")
  fi
  if ! "${postgres_command[@]}" "$bin/initdb" --pgdata="$postgres_dir/data" --username=desk --auth=trust \
    --encoding=UTF8 --locale=C.UTF-8 --no-sync </dev/null >"$postgres_dir/log" 2>&1; then
    postgres_log >&2
    return 1
  fi
  # What only a loss of power needs is off: the tests ask what is committed. Nothing here lives long enough for
  # autovacuum.
  "${postgres_command[@]}" "$bin/postgres" -D "$postgres_dir/data" -p "$postgres_port" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories='' -c fsync=off -c full_page_writes=off -c autovacuum=off -c max_connections=300 </dev/null >>"$postgres_dir/log" 2>&1 &
  postgres_pid=$!
  local deadline=$((SECONDS + postgres_patience))
  until "$bin/pg_isready" --quiet --host=127.0.0.1 --port="$postgres_port"; do
    if ! kill -0 "$postgres_pid" 2>/dev/null || ((SECONDS > deadline)); then
      echo 'postgres: the server does not come up' >&2
      postgres_log >&2
      return 1
    fi
    sleep 0.1
  done
}

# Debian keeps the server's programs out of the PATH, by version. Prints the directory of the newest.
postgres_programs() {
  local newest
  newest=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null | sort -n | tail -n 1)
  if [[ -z $newest ]]; then
    echo 'postgres: there is no server in /usr/lib/postgresql; the first step of .ci/run installs it' >&2
    return 1
  fi
  printf '/usr/lib/postgresql/%s/bin\n' "$newest"
}

postgres_log() { tail -n 40 "$postgres_dir/log"; }

# Stops the server by the pid that postgres_start saw, and takes its directory away. SIGINT is the server's fast
# stop, which does not wait for clients.
postgres_stop() {
  if [[ -n ${postgres_pid:-} ]]; then
    kill -INT "$postgres_pid" 2>/dev/null || true
    wait "$postgres_pid" || true
  fi
  if [[ -n ${postgres_dir:-} ]]; then
    rm -rf "$postgres_dir"
  fi
}

main "$@"
