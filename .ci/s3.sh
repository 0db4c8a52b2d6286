#!/bin/bash
# .ci/s3.sh COMMAND... - runs a command beside an S3 server of its own, named to it in DESKPOST_TEST_S3.
#
# The server is versitygw, which keeps a bucket in a directory. It is a Go tool with a module file of its own,
# .ci/s3.mod, since it needs more than all other tools together; the first build takes some minutes. It listens on a
# loopback port that was free, keeps its data in a temporary directory and is gone when the command ends.

set -euo pipefail

s3_patience=60 # seconds
s3_mod=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/s3.mod

main() {
  if (($# == 0)); then
    echo 'usage: s3.sh COMMAND...' >&2
    return 2
  fi
  trap s3_stop EXIT
  s3_start
  DESKPOST_TEST_S3="http://desk:not-a-secret@127.0.0.1:$s3_port/desk" "$@"
}

s3_start() {
  local program
  program=$(cd "$(dirname "$s3_mod")" && go tool -n -modfile="$s3_mod" versitygw)
  s3_dir=$(mktemp -d /tmp/deskpost-s3.XXXXXX)
  s3_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  mkdir -p "$s3_dir/data/desk" "$s3_dir/sidecar" # a directory is a bucket; what files cannot say is in the other
  "$program" --port "127.0.0.1:$s3_port" --access desk --secret not-a-secret --quiet \
    posix --sidecar "$s3_dir/sidecar" "$s3_dir/data" </dev/null >"$s3_dir/log" 2>&1 &
  s3_pid=$!
  local deadline=$((SECONDS + s3_patience))
  until curl -s -o /dev/null "http://127.0.0.1:$s3_port/"; do
    if ! kill -0 "$s3_pid" 2>/dev/null || ((SECONDS > deadline)); then
      echo 's3: the server does not come up' >&2
      tail -n 40 "$s3_dir/log" >&2
      return 1
    fi
    sleep 0.1
  done
}

# Stops the server by the pid that s3_start saw, and takes its directory away.
s3_stop() {
  if [[ -n ${s3_pid:-} ]]; then
    kill "$s3_pid" 2>/dev/null || true
    wait "$s3_pid" || true
  fi
  if [[ -n ${s3_dir:-} ]]; then
    rm -rf "$s3_dir"
  fi
}

main "$@"
