#!/bin/bash
# ledger.sh - the ledger test: mail goes through Postfix, Dovecot and deskpost while all of them are killed, stopped
# and cut off, and at the end every mail and every notice is accounted for. See cmd/deskpost/ledgertest.
#
#   bash .ci/ledger.sh [FLAG...]              on SQLite
#   bash .ci/ledger.sh postgres [FLAG...]     two daemons on one PostgreSQL
#
# Flags are the test's, such as -ledger.mails=10000 -ledger.time=20m -ledger.quiet=10m -ledger.seed=7; see
# ledger_test.go. Without any the run is short.

set -euo pipefail

# shellcheck source=.ci/mailhost.sh
source "$(dirname "${BASH_SOURCE[0]}")/mailhost.sh"

main() {
  cd "$ci_dir/.."
  local run=()
  if [[ ${1:-} == postgres ]]; then
    shift
    run=(bash "$ci_dir/postgres.sh")
    set -- -ledger.engine=postgres -ledger.nodes=2 "$@"
  fi
  trap ledger_finished EXIT
  mailhost_start
  DESKPOST_TEST_MAILHOST="dir=$MAILHOST_DIR user=$mailhost_user password=$mailhost_password imap=$IMAP_PORT smtp=$SMTP_PORT" \
    "${run[@]}" go test ./cmd/deskpost/ledgertest -run '^TestLedger$' -count=1 -timeout 0 -v "$@"
  ledger_passed=yes
}

ledger_finished() {
  [[ -n ${ledger_passed:-} ]] || mailhost_logs >&2
  # The test has killed the servers that mailhost_start saw, and started others.
  mailhost_dovecot_pid=$(ledger_pid dovecot/run/master.pid)
  mailhost_postfix_pid=$(ledger_pid postfix/queue/pid/master.pid)
  mailhost_stop
}

# ledger_pid FILE: the process that a server has written down in the file; nothing if there is none.
ledger_pid() { tr -d ' ' 2>/dev/null <"${MAILHOST_DIR:-/nowhere}/$1" || true; }

main "$@"
