#!/bin/bash
# corpus.sh - the shared mail corpus through Dovecot into deskpost, sourced by integration.sh. Every mail must
# end with an outcome and a reason; the counts are printed.
#
# shellcheck disable=SC2154 # the helpers and their variables are the sourcing script's

set -euo pipefail

corpus_patience=300 # seconds for all of it

corpus() {
  local shared=${DESKPOST_SHARED:-$ci_dir/../../shared} mails want got deadline
  if [[ ! -d $shared/corpus ]]; then
    [[ ${CI:-} != true ]] || not_ok "the corpus is at $shared/corpus"
    echo "skipped: no corpus at $shared/corpus"
    return
  fi
  mapfile -t mails < <(corpus_mails "$shared/corpus")
  want=$(($(desk_query "SELECT count(*) FROM receipts WHERE source = 'sysadmin'") + ${#mails[@]}))
  fill_mailbox sysadmin@bank.example "${mails[@]}"

  deadline=$((SECONDS + corpus_patience)) got=-1
  until [[ $got == "$want" ]]; do
    ((SECONDS < deadline)) || not_ok "all ${#mails[@]} mails of the corpus have an outcome" "$got of $want have one"
    sleep 0.5
    got=$(desk_query "SELECT count(*) FROM receipts WHERE source = 'sysadmin' AND outcome <> ''")
  done
  ok "all ${#mails[@]} mails of the corpus have an outcome"
  assert_equal 'and a reason' 0 \
    "$(desk_query "SELECT count(*) FROM receipts WHERE source = 'sysadmin' AND reasons IN ('', '[]', 'null')")"
  kill -0 "$desk_pid" || not_ok 'deskpost is still running'
  echo 'corpus outcomes:'
  desk_query "SELECT printf('  %6d  %s', count(*), outcome) FROM receipts WHERE source = 'sysadmin'
    GROUP BY outcome ORDER BY count(*) DESC"
}

# The files of the corpus that are whole mails.
corpus_mails() {
  python3 -c '
import json, pathlib, sys
corpus = pathlib.Path(sys.argv[1])
for line in (corpus / "open.jsonl").open(encoding="utf-8"):
    entry = json.loads(line)
    if entry["kind"] == "mail":
        print(corpus / "open" / entry["source"] / entry["file"])
' "$1"
}

desk_query() {
  sqlite3 -readonly -cmd '.timeout 10000' "$desk_dir/desk.db" "$1"
}
