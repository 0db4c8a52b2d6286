#!/bin/bash
# case.sh - what the cases of badinput.sh are made of: a directory with a config, a deskpost that runs on it,
# its log, its database and the mail it is to take.
#
# shellcheck disable=SC2154 # the helpers and their variables are the sourcing script's

set -euo pipefail

declare -A serving=() # process IDs by case

# begin_case NAME: a fresh directory with a good config for the mailbox NAME@bank.example.
begin_case() {
  resume_case "$1"
  rm -rf "$case_dir"
  mkdir -p "$case_dir"
  : >"$case_dir/log"
  (umask 0077 && echo "$mailhost_password" >"$case_dir/password")
  bad_config "imaps://$1%40bank.example@localhost:$IMAPS_PORT"
}

# resume_case NAME: goes back to a case that was left running.
resume_case() { case_name=$1 case_dir=$MAILHOST_DIR/bad/$1; }

# bad_config URL: writes the config of the case.
bad_config() {
  (umask 0077 && cat >"$case_dir/deskpost.toml") <<END
zone = "UTC"
database = "sqlite:desk.db"

[mailbox.$case_name]
address = "$case_name@bank.example"
department = "support"
url = "$1"
password = "file:password"
ca_file = "$MAILHOST_CA"
backlog = "all"

[relay.main]
url = "smtp+starttls://support%40bank.example@localhost:$SUBMISSION_PORT"
password = "$mailhost_password"
ca_file = "$MAILHOST_CA"

[department.support]
name = "Support"
address = "$case_name@bank.example"
lead = "lead"

[agent.lead]
name = "Lee Lead"
emails = ["lead@bank.example"]
access = { support = "agent" }

[mail]
acknowledge = "never"

[log]
format = "text"
END
}

desk_check() { "$desk_dir/deskpost" check --connect --config "$case_dir/deskpost.toml"; }

as_nobody() {
  setpriv --reuid="$mailhost_user" --regid="$(id -g "$mailhost_user")" --clear-groups "$@"
}

serve_begin() {
  "$desk_dir/deskpost" serve --config "$case_dir/deskpost.toml" </dev/null >>"$case_dir/log" 2>&1 &
  serving[$case_name]=$!
}

assert_serving() {
  kill -0 "${serving[$case_name]}" 2>/dev/null || not_ok "$1" 'it has ended'
  ok "$1"
}

# serve_end STATUS TITLE: SIGTERM ends it within the time it promises, with that status.
serve_end() {
  local pid=${serving[$case_name]} deadline=$((SECONDS + 50)) status=0
  kill -TERM "$pid"
  while kill -0 "$pid" 2>/dev/null; do
    ((SECONDS < deadline)) || not_ok "$2" 'it does not end'
    sleep 0.05
  done
  wait "$pid" || status=$?
  unset "serving[$case_name]"
  assert_equal "$2" "$1" "$status"
}

# log_has REGEX [N]: so many lines of the case's log match, or more.
log_has() { (($(grep -cE -- "$1" "$case_dir/log") >= ${2:-1})); }

query() { sqlite3 -readonly -cmd '.timeout 10000' "$case_dir/desk.db" "$1" 2>/dev/null; }
query_is() { [[ $(query "$2") == "$1" ]]; }

# put_mails N [BYTES]: puts N mails, each of another customer, into the mailbox of the case.
put_mails() {
  local dir=$case_dir/mails number date
  date=$(date -R)
  mails_put=$((${mails_put:-0} + 1))
  rm -rf "$dir"
  mkdir "$dir"
  head -c "${2:-200}" /dev/zero | tr '\0' 'x' | fold -w 70 >"$case_dir/body"
  for number in $(seq "$1"); do
    {
      printf 'From: Customer %d <karen+%d@customer.example>\nTo: %s@bank.example\n' "$number" "$number" "$case_name"
      printf 'Subject: Question %d\nMessage-ID: <q%d.%d.%s@customer.example>\n' "$number" "$number" "$mails_put" "$case_name"
      printf 'Date: %s\n\nThis is question %d.\n' "$date" "$number"
      cat "$case_dir/body"
    } >"$dir/$number"
  done
  fill_mailbox "$case_name@bank.example" "$dir"/*
}
