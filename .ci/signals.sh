#!/bin/bash
# signals.sh - the cases of badinput.sh in which deskpost is told to read its config again, to stop, or is killed.
#
# shellcheck disable=SC2154 # the helpers and their variables are the sourcing script's

set -euo pipefail

crash_mails=200
crash_kills=6

# A config with faults changes nothing (F19).
reload() {
  begin_case reload
  serve_begin
  await 'deskpost runs' 10 log_has 'mailbox connected'
  cp "$case_dir/deskpost.toml" "$case_dir/good.toml"
  sed -i 's/^access = .*/access = { suport = "agent" }/' "$case_dir/deskpost.toml"
  kill -HUP "${serving[reload]}"
  await 'SIGHUP with a faulty config: the old one stays, the fault is named' 10 \
    log_has 'reload refused: .*the old one stays in force.*access\.suport'
  put_mails 1
  await 'and mail is taken as before' 10 query_is 1 "SELECT count(*) FROM receipts WHERE outcome = 'opened'"
  { cat "$case_dir/good.toml" && printf '\n[agent.john]\nname = "John Roe"\nemails = ["john@bank.example"]\n' &&
    printf 'access = { support = "agent" }\n'; } >"$case_dir/deskpost.toml"
  kill -HUP "${serving[reload]}"
  await 'SIGHUP with a good one: it is taken' 10 log_has 'msg=reloaded .*agents=2'
  put_mails 1
  await 'and the new agent is told of the next ticket' 10 query_is 1 "SELECT count(*) FROM notices WHERE agent = 'john'"
  serve_end 0 'and it ends well'
}

# SIGTERM among 200 mails (F19).
stop_while_working() {
  local began taken
  begin_case stop
  put_mails 200 100000
  serve_begin
  await 'work begins' 10 log_has 'mail taken'
  began=$SECONDS
  serve_end 0 'SIGTERM in the middle of 200 mails drains and ends well'
  ((SECONDS - began <= 45)) || not_ok 'within 45 s' "$((SECONDS - began)) s"
  assert_match '... within 45 s, and says so' 'msg=stopped' "$(<"$case_dir/log")"
  taken=$(query 'SELECT count(*) FROM receipts')
  serve_begin
  await "it had taken $taken; the next start takes the rest" 30 query_is 200 'SELECT count(*) FROM receipts'
  assert_equal 'each once' 200 "$(query "SELECT count(DISTINCT ticket) FROM receipts WHERE outcome = 'opened'")"
  serve_end 0 'and it ends well'
}

# A relay that takes the connection and says nothing holds the mail in hand, and with it the orderly end (F19).
second_signal() {
  begin_case hurry
  python3 -c '
import signal, socket, sys
with socket.create_server(("127.0.0.1", 0)) as deaf:
    print(deaf.getsockname()[1], flush=True)
    signal.pause()' >"$case_dir/port" &
  deaf_relay=$!
  await 'a relay that never answers is there' 10 test -s "$case_dir/port"
  sed -i -e '/^\[relay/,/^$/{/^password\|^ca_file/d}' \
    -e "/^\\[relay/,/^\$/s|^url = .*|url = \"smtp+insecure://127.0.0.1:$(<"$case_dir/port")\"|" "$case_dir/deskpost.toml"
  put_mails 1
  serve_begin
  await 'mail is in hand' 10 query_is 1 'SELECT count(*) > 0 FROM notices WHERE attempts > 0'
  kill -TERM "${serving[hurry]}"
  await 'SIGTERM: it says what it waits for' 10 log_has 'stopping: finishing what is in hand'
  serve_end 1 'a second SIGTERM ends it at once, with exit status 1'
  assert_match '... and says so' 'stopped at once by a second signal; the next start completes' "$(<"$case_dir/log")"
  kill -TERM "$deaf_relay"
  wait "$deaf_relay" || true
  deaf_relay=''
}

# Killed at random instants, among mails and among acknowledgements. Mail is taken exactly once; a mail that was
# being sent when the process died may be sent again, since nobody can know (docs/architecture.md).
killed_while_working() {
  local kill pause acknowledged most
  begin_case crash
  sed -i 's/^acknowledge = .*/acknowledge = "always"/' "$case_dir/deskpost.toml"
  put_mails "$crash_mails" 100000
  for ((kill = 1; kill <= crash_kills; kill++)); do
    serve_begin
    await "start $kill" 15 log_has 'mailbox connected' "$kill"
    pause=$(printf '0.%03d' $((RANDOM % 700)))
    sleep "$pause" # the random instant
    kill -KILL "${serving[crash]}"
    wait "${serving[crash]}" 2>/dev/null || true
    echo "  kill -9 $kill after $pause s: $(query 'SELECT count(*) FROM receipts') mails taken," \
      "$(query 'SELECT count(*) FROM notices WHERE settled_at IS NOT NULL') mails sent"
  done
  # What the dead had in hand is nobody else's for a quarter of an hour, which has now passed.
  sqlite3 "$case_dir/desk.db" 'UPDATE notices SET leased_until = due_at, free_at = due_at WHERE leased_until IS NOT NULL'
  serve_begin
  await "after $crash_kills kills all $crash_mails mails are taken" 30 query_is "$crash_mails" 'SELECT count(*) FROM receipts'
  assert_equal 'each has one ticket' "$crash_mails $crash_mails $crash_mails" \
    "$(query "SELECT count(DISTINCT uid) || ' ' || count(DISTINCT ticket) || ' ' || (SELECT count(*) FROM tickets)
      FROM receipts WHERE outcome = 'opened'")"
  await 'and one message' 1 query_is "$crash_mails" "SELECT count(*) FROM entries WHERE receipt IS NOT NULL"
  await 'every acknowledgement is sent' 60 query_is "$crash_mails" \
    "SELECT count(DISTINCT key) FROM notice_recipients WHERE sent_at IS NOT NULL AND key LIKE 'karen+%'"
  await '... and arrives' 20 acknowledged_are "$crash_mails"
  await '... and none is still on its way' 20 none_on_its_way
  acknowledged=$(acknowledgements | awk '{ n += $1 } END { print n }')
  most=$(acknowledgements | sort -rn | awk 'NR == 1 { print $1 }')
  ((most <= 1 + crash_kills)) || not_ok 'no customer got it more often than it was killed' "$(acknowledgements | sort -rn | head)"
  ok "$crash_mails customers got $acknowledged acknowledgements, none more than $most"
  serve_end 0 'and it ends well'
}

# How many acknowledgements each customer of killed_while_working has got.
acknowledgements() {
  local box
  box=$(maildir karen@customer.example)
  grep -rhoiE -m 1 '^Delivered-To: <?karen\+[0-9]+@customer\.example' "$box"/{new,cur} | sort | uniq -c
}

acknowledged_are() { [[ $(acknowledgements | wc -l) == "$1" ]]; }

# Whether Postfix holds no mail to these customers any more.
none_on_its_way() {
  local queue
  queue=$(postqueue -c "$MAILHOST_DIR/postfix/etc" -j) && ! grep -qF 'karen+' <<<"$queue"
}
