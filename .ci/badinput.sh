#!/bin/bash
# badinput.sh - what goes wrong around a help desk, sourced by integration.sh: wrong passwords, servers that are
# away, a full disk, a faulty config, signals and sudden death. Each case runs deskpost by itself, on a mailbox
# and a database of its own, between the real servers. A fault that a person has to mend must be named together
# with its mend; one that can heal must heal; and no mail may be lost or taken twice.
#
# shellcheck disable=SC2154 # the helpers and their variables are the sourcing script's

set -euo pipefail

# shellcheck source=.ci/case.sh
source "$ci_dir/case.sh"
# shellcheck source=.ci/signals.sh
source "$ci_dir/signals.sh"

bad_mount='' # of the small disk, while there is one

badinput() {
  local began=$SECONDS
  server_away
  wrong_password
  folder_missing
  certificate_invalid
  config_with_faults
  database_not_writable
  database_too_new
  two_on_one_database
  server_starts
  disk_full
  reload
  stop_while_working
  second_signal
  killed_while_working
  after_move
  after_keep
  server_back
  echo "bad input took $((SECONDS - began)) s"
}

# Ends whatever an abandoned case has left.
badinput_finished() {
  local pid
  for pid in "${serving[@]}" "${deaf_relay:-}"; do
    [[ -z $pid ]] || kill -KILL "$pid" 2>/dev/null || true
  done
  [[ -z ${late_dovecot:-} ]] || kill -TERM "$late_dovecot" 2>/dev/null || true
  [[ -z $bad_mount ]] || umount -l "$bad_mount"
}

# Prints the end of the log of the case at hand.
badinput_logs() {
  [[ -s ${case_dir:-}/log ]] || return 0
  printf -- '--- deskpost in the case "%s", its end\n' "$case_name"
  tail -n 40 "$case_dir/log"
}

# --- mailboxes and relay -----------------------------------------------------------------------------------

# Nobody listens on the port of this mailbox. deskpost waits while other cases run: see
# server_starts and server_back.
server_away() {
  begin_case late
  late_port=$((SMTPS_PORT + 1)) # no other run's: they take ports by tens
  bad_config "imap+starttls://late%40bank.example@localhost:$late_port"
  serve_begin
  await 'a server that is away is said to be so, with mailbox, address and what to look at' 5 \
    log_has "mailbox=late error=\"connect to localhost:$late_port: the server cannot be reached.*see whether host and port"
}

# A server that is away is tried after ever longer waits (F20).
server_starts() {
  local waits
  resume_case late
  await 'a server that is away is tried again and again' 30 log_has 'mailbox=late error="connect' 4
  mapfile -t waits < <(grep -oE 'again_in=[0-9]+s' "$case_dir/log" | tr -dc '0-9\n')
  ((waits[3] > waits[0])) || not_ok 'and waits longer each time' "${waits[*]}"
  ok "after waits that grow: ${waits[*]:0:4} s"
  put_mails 3
  late_dovecot_start
}

server_back() {
  resume_case late
  await 'when the server is back, the mail that came meanwhile is taken' 60 query_is 3 "SELECT count(*) FROM receipts"
  kill -TERM "$late_dovecot"
  wait "$late_dovecot" || true
  late_dovecot=''
  await 'when it goes away again, that is noticed' 10 log_has 'level=ERROR .*mailbox=late .*the (server ended the )?connection'
  serve_end 0 'and deskpost stays up'
}

# A second Dovecot on the same mailboxes, on the port that was closed.
late_dovecot_start() {
  local dir=$MAILHOST_DIR/late
  mkdir -p "$dir"/{run,state}
  cp "$MAILHOST_DIR/dovecot/users" "$dir/users"
  sed -e "s|$MAILHOST_DIR/dovecot/|$dir/|g" -e "s|port = $IMAP_PORT|port = $late_port|" \
    -e "s|port = $IMAPS_PORT|port = 0|" "$MAILHOST_DIR/dovecot/dovecot.conf" >"$dir/dovecot.conf"
  chown -R "$mailhost_user:" "$dir"
  setpriv --reuid="$mailhost_user" --regid="$(id -g "$mailhost_user")" --clear-groups \
    dovecot -F -c "$dir/dovecot.conf" </dev/null >>"$dir/out" 2>&1 & # no function: $! shall be Dovecot
  late_dovecot=$!
}

# A password that is not right, and is mended (F29).
wrong_password() {
  begin_case login
  echo 'wrong-horse' >"$case_dir/password"
  assert_exit 'check --connect finds a wrong password and names the mailbox' 1 '^\[mailbox\.login\]' desk_check
  assert_match '... with what to mend' 'FAULT .*the login was refused.*see whether user and password are right' \
    "$(desk_check 2>&1 || true)"
  serve_begin
  await 'serve says the same of the mailbox' 15 log_has 'level=ERROR .*mailbox=login .*the login was refused'
  assert_match 'tries again only after five minutes, since servers lock accounts' 'again_in=5m0s' "$(<"$case_dir/log")"
  put_mails 1
  assert_serving 'and stays up'
  echo "$mailhost_password" >"$case_dir/password"
  serve_end 0 'it can be stopped' # instead of waiting for the five minutes
  serve_begin
  await 'with the right password in the file, and a restart, it takes the mail' 15 query_is 1 'SELECT count(*) FROM receipts'
  serve_end 0 'and ends well'
}

# A folder that is not there, and is made (F28).
folder_missing() {
  begin_case folder
  bad_config "imaps://folder%40bank.example@localhost:$IMAPS_PORT/Suport"
  assert_exit 'check --connect finds that a folder is missing and names those there are' 1 \
    'FAULT .*open folder Suport on .*there is no such folder.*the folders there are: .*INBOX' desk_check
  serve_begin
  await 'serve says so too' 10 log_has 'mailbox=folder .*there is no such folder.*INBOX'
  assert_serving 'and stays up'
  doveadm_create folder Suport
  await 'and goes on when the folder is made' 20 log_has 'msg="mailbox connected" mailbox=folder folder=Suport'
  serve_end 0 'and ends well'
}

# doveadm_create CASE FOLDER: makes a folder over IMAP, as its owner's mail program would.
doveadm_create() {
  curl -sS --user "$1@bank.example:$mailhost_password" "imap://127.0.0.1:$IMAP_PORT/" -X "CREATE $2" >/dev/null
}

# Certificates that prove nothing: there is no way around TLS (F29).
certificate_invalid() {
  local url said logins
  begin_case cert
  for url in "imaps://cert%40bank.example@localhost:$IMAPS_PORT" \
    "imap+starttls://cert%40bank.example@localhost:$IMAP_PORT"; do
    bad_config "$url"
    sed -i '/^ca_file/d' "$case_dir/deskpost.toml"
    said=$(desk_check 2>&1) && not_ok "an unknown authority is refused: $url" "$said"
    assert_match "${url%%:*}: an unknown authority is refused" 'FAULT .*authority this machine does not trust' "$said"
    assert_match '... and ca_file named as a mend' 'FAULT .*authority.*ca_file' "$said"
    assert_match 'the relay likewise' 'FAULT .*authority that this machine does not know.*ca_file' "$said"
    bad_config "${url/localhost/127.0.0.1}"
    assert_exit "${url%%:*}: a certificate for another name is refused" 1 \
      'FAULT .*the certificate is not for "127\.0\.0\.1" but for \["localhost"\]; connect by a name' desk_check
  done
  put_mails 1
  serve_begin
  await 'serve says so too' 10 log_has 'mailbox=cert .*the certificate is not for' 2
  assert_serving 'and stays up'
  serve_end 0 'and ends well'
  logins=$(grep -E 'imap-login: .*user=<' "$MAILHOST_DIR/dovecot/dovecot.log")
  assert_match 'the server logs who signs in' 'Login: user=<folder@' "$logins"
  assert_no_match 'and here nobody did, nor tried: there is no way around TLS' 'user=<cert@' "$logins"
}

# --- config and database -----------------------------------------------------------------------------------

config_with_faults() {
  local said='' command status
  begin_case faults
  cat >"$case_dir/deskpost.toml" <<'END'
zone = "Europe/Atlantis"
databse = "sqlite:desk.db"

[mailbox.support]
address = "support@bank.example"
department = "suport"
url = "imap+insecure://support@imap.bank.example"
password = "env:DESKPOST_CI_NOT_SET"
poll = 7

[relay.main]
url = "smtp+insecure://127.0.0.1:25"

[department.support]
name = "Support"
address = "support@bank.example"

[agent.jane]
name = "Jane Doe"
emails = ["jane@bank.example"]
access = { suport = "agent" }
END
  for command in check serve; do
    status=0
    said=$("$desk_dir/deskpost" "$command" --config "$case_dir/deskpost.toml" 2>&1) || status=$?
    assert_equal "$command refuses a config with faults with exit status 2" 2 "$status"
    assert_match 'and names each with its line: an unknown zone' 'deskpost\.toml:1: zone: ' "$said"
    assert_match 'an unknown key, and which was meant' 'deskpost\.toml:2: databse: .*database' "$said"
    assert_match 'a department that is not there' 'deskpost\.toml:6: \[mailbox\.support\] department: .*"support"' "$said"
    assert_match 'no TLS to another machine' 'deskpost\.toml:7: \[mailbox\.support\] url: .*allow_insecure' "$said"
    assert_match 'a secret that is not set' 'deskpost\.toml:8: \[mailbox\.support\] password: .*DESKPOST_CI_NOT_SET' "$said"
    assert_match 'a wrong type' 'deskpost\.toml:9: \[mailbox\.support\] poll: ' "$said"
    assert_match 'an agent in no department' 'deskpost\.toml:21: \[agent\.jane\] access\.suport: .*"support"' "$said"
  done
}

# A directory, or a file, of another owner (F16).
database_not_writable() {
  begin_case login # its mailbox is not reached
  mkdir "$case_dir/data"
  sed -i 's|^database = .*|database = "sqlite:data/desk.db"|' "$case_dir/deskpost.toml"
  chown "$mailhost_user:" "$case_dir"/{deskpost.toml,password}
  assert_exit 'a directory that may not be written ends serve, and is named' 1 \
    "database $case_dir/data/desk.db: permission denied .*let the user who runs deskpost .*write .*$case_dir/data" \
    as_nobody "$desk_dir/deskpost" serve --config "$case_dir/deskpost.toml"
  : >"$case_dir/data/desk.db"
  chmod 0444 "$case_dir/data/desk.db"
  chown "$mailhost_user:" "$case_dir/data"
  assert_exit 'so does a database that may only be read' 1 \
    "database $case_dir/data/desk.db: permission denied .*let the user who runs deskpost read and write" \
    as_nobody "$desk_dir/deskpost" serve --config "$case_dir/deskpost.toml"
}

database_too_new() {
  begin_case pair
  serve_begin
  await 'a database is made' 10 log_has 'deskpost is up'
  serve_end 0 'and left'
  sqlite3 "$case_dir/desk.db" 'INSERT INTO schema_versions (version_id, is_applied) VALUES (99, 1)'
  local known
  known=$(find "$ci_dir/../store/schema" -name '*.sql' | wc -l)
  assert_exit 'a database of a newer deskpost is refused: both versions, and the mend' 1 \
    "$case_dir/desk.db: database has schema 99, this deskpost knows $known: install the newer deskpost" \
    "$desk_dir/deskpost" serve --config "$case_dir/deskpost.toml"
}

two_on_one_database() {
  begin_case pair
  serve_begin
  await 'one deskpost runs' 10 log_has 'mailbox connected'
  assert_exit 'a second one on its database is refused: lock file, process and mend' 1 \
    "another deskpost \\(process ${serving[pair]}\\) runs on the database $case_dir/desk.db: it holds $case_dir/desk.db.lock; stop it first" \
    "$desk_dir/deskpost" serve --config "$case_dir/deskpost.toml"
  put_mails 1
  await 'the first goes on and takes mail' 10 query_is 1 'SELECT count(*) FROM receipts'
  serve_end 0 'and ends well'
}

# A full disk, and one mounted read-only (F10, F16).
disk_full() {
  local small box
  begin_case disk
  box=$(maildir disk@bank.example)
  small=$case_dir/small
  mkdir "$small"
  if ! mount -t tmpfs -o size=6m tmpfs "$small" 2>"$case_dir/mount"; then
    echo "skipped: the full disk, since no small file system can be mounted: $(<"$case_dir/mount")"
    return
  fi
  bad_mount=$small
  sed -i 's|^database = .*|database = "sqlite:small/desk.db"|' "$case_dir/deskpost.toml"
  sed -i '1i free_space = "0B"' "$case_dir/deskpost.toml" # disk.sh has the floor
  ln -s small/desk.db "$case_dir/desk.db" # where query looks
  serve_begin
  await 'deskpost runs on a small disk' 10 log_has 'mailbox connected'
  dd if=/dev/zero of="$small/filler" bs=4k 2>/dev/null || true # until there is no room
  put_mails 2
  await 'a full disk is said to be so, and where to make room' 10 \
    log_has "the disk is full .*make room on the file system of $small"
  put_mails 1 400000
  await 'also of a mail so large that it is streamed to the disk' 20 \
    log_has "write raw mail: .*the disk is full .*make room on the file system of $small"
  assert_serving 'serve stays up'
  assert_equal 'no mail is flagged on the server' 0 "$(find "$box" -name '*:2,*S*' | wc -l)"
  assert_equal 'nor booked' 0 "$(query 'SELECT count(*) FROM receipts')"
  rm "$small/filler"
  await 'once there is room, the mail is taken' 40 query_is 3 'SELECT count(*) FROM receipts'
  assert_equal 'each once' 3 "$(query 'SELECT count(*) FROM tickets')"
  await 'and flagged' 10 flagged_are 3 "$box"
  serve_end 0 'and it ends well'
  mount -o remount,ro "$small"
  assert_exit 'a file system mounted read-only ends serve, and is named' 1 \
    "database $small.*(it can not be written|read-only).*mount the file system for writing" \
    "$desk_dir/deskpost" serve --config "$case_dir/deskpost.toml"
  umount "$small"
  bad_mount=''
}

flagged_are() { [[ $(find "$2" -name '*:2,*S*' | wc -l) == "$1" ]]; }

# --- what happens to mail that was taken -------------------------------------------------------------------

after_move() {
  local box
  begin_case archive
  box=$(maildir archive@bank.example)
  sed -i '/^backlog/a after = "move:Archive"' "$case_dir/deskpost.toml"
  put_mails 3
  serve_begin
  await 'after = "move:Archive": mail that was taken is in Archive' 15 files_are 3 "$box"/.Archive/{new,cur}
  await 'and gone from INBOX' 5 files_are 0 "$box"/{new,cur}
  assert_equal 'and has its tickets' 3 "$(query "SELECT count(DISTINCT ticket) FROM receipts WHERE outcome = 'opened'")"
  serve_end 0 'and it ends well'
}

# Mail that a person has read is mail like any other (F22).
after_keep() {
  local box seen
  begin_case keep
  box=$(maildir keep@bank.example)
  sed -i '/^backlog/a after = "keep"' "$case_dir/deskpost.toml"
  put_mails 2
  seen=$(find "$box/new" -type f | head -n 1)
  mv "$seen" "$box/cur/${seen##*/}:2,S" # somebody has read it
  serve_begin
  await 'after = "keep": mail that a person has read is taken like any other' 15 query_is 2 \
    "SELECT count(DISTINCT ticket) FROM receipts WHERE outcome = 'opened'"
  serve_end 0 'and it ends well'
  files_are 2 "$box"/{new,cur} || not_ok 'both mails are where they were' "$(ls "$box"/{new,cur})"
  assert_equal 'and no flag was changed' 1 "$(find "$box" -name '*:2,*S*' | wc -l)"
}

# files_are N DIR...: so many mails are in Maildir directories.
files_are() { [[ $(find "${@:2}" -type f 2>/dev/null | wc -l) == "$1" ]]; }
