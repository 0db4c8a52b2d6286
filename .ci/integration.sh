#!/bin/bash
# integration.sh - deskpost between real servers: Postfix brings the mail, Dovecot keeps it, deskpost reads and
# answers it. The story of .ci/story.sh is played by mail, and the tutorial by mail and by command, and each step is
# asserted on what the mailboxes hold; then the shared corpus goes through, and at last all goes wrong that can. Run by .ci/run, or by hand:
# bash .ci/integration.sh

set -euo pipefail

# shellcheck source=.ci/mailhost.sh
source "$(dirname "${BASH_SOURCE[0]}")/mailhost.sh"
# shellcheck source=.ci/assert.sh
source "$ci_dir/assert.sh"
# shellcheck source=.ci/story.sh
source "$ci_dir/story.sh"
# shellcheck source=.ci/tutorial.sh
source "$ci_dir/tutorial.sh"
# shellcheck source=.ci/corpus.sh
source "$ci_dir/corpus.sh"
# shellcheck source=.ci/badinput.sh
source "$ci_dir/badinput.sh"
# shellcheck source=.ci/disk.sh
source "$ci_dir/disk.sh"

patience=30 # seconds that a mail may take from one mailbox to the next

main() {
  trap integration_finished EXIT
  mailhost_start
  desk_dir=$MAILHOST_DIR/desk
  mkdir "$desk_dir"
  (cd "$ci_dir/.." && go build -o "$desk_dir/deskpost" ./cmd/deskpost)
  desk_config >"$desk_dir/deskpost.toml"
  chmod 0600 "$desk_dir/deskpost.toml"

  assert_done 'deskpost check --connect is content with the config and both servers' \
    "$desk_dir/deskpost" check --connect --config "$desk_dir/deskpost.toml"
  desk_start
  ok 'deskpost serve says that it is ready'
  story
  tutorial
  corpus
  desk_stop
  ok 'SIGTERM ends it with status 0'
  badinput
  disk

  integration_passed=yes
  printf '%d passed, 0 failed\n' "$asserted"
}

integration_finished() {
  if [[ -z ${integration_passed:-} ]]; then
    mailhost_logs >&2
    if [[ -s ${desk_dir:-}/log ]]; then
      printf -- '--- deskpost, its end\n' >&2
      tail -n 60 "$desk_dir/log" >&2
    fi
    badinput_logs >&2
  fi
  desk_stop || true
  badinput_finished
  disk_finished
  mailhost_stop
}

# Plain IMAP for one mailbox, TLS in both ways for the others and for the relay.
desk_config() {
  cat <<END
zone = "Europe/Berlin"
database = "sqlite:desk.db"

[mailbox.support]
address = "support@bank.example"
department = "support"
url = "imaps://support%40bank.example@localhost:$IMAPS_PORT/INBOX"
password = "$mailhost_password"
ca_file = "$MAILHOST_CA"
backlog = "all"

[mailbox.banking]
address = "banking@bank.example"
department = "online-banking"
url = "imap+starttls://banking%40bank.example@localhost:$IMAP_PORT/INBOX"
password = "$mailhost_password"
ca_file = "$MAILHOST_CA"
backlog = "all"

[mailbox.sysadmin]
address = "sysadmin@bank.example"
department = "sysadmins"
url = "imap+insecure://sysadmin%40bank.example@127.0.0.1:$IMAP_PORT/INBOX"
password = "$mailhost_password"
backlog = "all"

[relay.main]
url = "smtp+starttls://support%40bank.example@localhost:$SUBMISSION_PORT"
password = "$mailhost_password"
ca_file = "$MAILHOST_CA"

[department.support]
name = "Support"
address = "support@bank.example"
lead = "lead"
plan = "default"

[department.online-banking]
name = "Online Banking"
address = "banking@bank.example"
lead = "lead"

[department.sysadmins]
name = "System Administrators"
address = "sysadmin@bank.example"
lead = "lead"

[agent.jane]
name = "Jane Doe"
emails = ["jane@bank.example"]
access = { support = "agent", online-banking = "agent" }

[agent.john]
name = "John Roe"
emails = ["john@bank.example"]
access = { support = "agent" }

[agent.lead]
name = "Lee Lead"
emails = ["lead@bank.example"]
access = { sysadmins = "agent" }

[agent.ann]
name = "Ann Lee"
emails = ["ann@bank.example"]
access = { online-banking = "view" }

[plan.default]
name = "Default"

[plan.sev-a]
name = "Sev-A"

[mail]
authserv_id = "ci.bank.example"
retry = ["2s"]

[log]
level = "debug"
format = "text"
END
}

# Starts deskpost and returns when it has told systemd, here played by ready.py, that it is ready.
desk_start() {
  local ready=$desk_dir/notify listener
  rm -f "$ready"
  python3 "$ci_dir/ready.py" "$ready" "$patience" &
  listener=$!
  until [[ -S $ready ]]; do
    sleep 0.05
  done
  NOTIFY_SOCKET=$ready "$desk_dir/deskpost" serve --config "$desk_dir/deskpost.toml" \
    </dev/null >>"$desk_dir/log" 2>&1 &
  desk_pid=$!
  wait "$listener"
}

# Ends deskpost by its pid and has its exit status.
desk_stop() {
  local pid=${desk_pid:-}
  [[ -n $pid ]] || return 0
  desk_pid=''
  kill -TERM "$pid" 2>/dev/null || true
  wait "$pid"
}

desk_explain() {
  "$desk_dir/deskpost" explain --config "$desk_dir/deskpost.toml" "$@"
}

# desk_await TITLE REGEX TICKET: what deskpost says of the ticket comes to match.
desk_await() {
  local deadline=$((SECONDS + patience)) said=''
  until said=$(desk_explain "$3" 2>&1) && grep -qE -- "$2" <<<"$said"; do
    ((SECONDS < deadline)) || not_ok "$1" "no line matches /$2/ in:"$'\n'"$said"
    sleep 0.2
  done
  ok "$1"
}

main
