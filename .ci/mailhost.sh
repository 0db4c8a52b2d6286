#!/bin/bash
# mailhost.sh - a mail host for the integration run: Debian's Dovecot and Postfix on loopback high ports.
#
#   bash .ci/mailhost.sh run        starts it, prints how to reach it, stays until interrupted
#   bash .ci/mailhost.sh selftest   starts it and proves each thing that the integration run builds on
#
# Sourced, it gives the functions mailhost_start, mailhost_stop and those under "the mail client" below.
# Neither server uses its packaged configuration or data: all of it lies in one temporary directory.

set -euo pipefail

ci_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Dovecot runs wholly as this user. Postfix cannot: both postfix(1) and master(8) end at once when another
# than root starts them. So its master is root's, and every service that meets a mail runs as mail_owner.
mailhost_user=nobody
mailhost_password=correct-horse
mailhost_patience=20 # seconds

mailhost_start() {
  mailhost_require
  MAILHOST_DIR=$(mktemp -d /tmp/deskpost-ci.XXXXXX) # short: a unix socket's path has room for 108 bytes
  chmod 0711 "$MAILHOST_DIR"
  mailhost_pick_ports
  mailhost_write_dovecot
  mailhost_write_postfix
  mailhost_write_certificates
  chown -R "$mailhost_user:" "$MAILHOST_DIR"/{dovecot,mail,tls,greylist}

  setpriv --reuid="$mailhost_user" --regid="$(id -g "$mailhost_user")" --clear-groups \
    dovecot -F -c "$MAILHOST_DIR/dovecot/dovecot.conf" </dev/null >>"$MAILHOST_DIR/dovecot.out" 2>&1 &
  mailhost_dovecot_pid=$!
  postfix -c "$MAILHOST_DIR/postfix/etc" start </dev/null >>"$MAILHOST_DIR/postfix.out" 2>&1 || {
    mailhost_logs >&2
    return 1
  }
  mailhost_postfix_pid=$(tr -d ' ' <"$MAILHOST_DIR/postfix/queue/pid/master.pid")

  local port
  for port in "$IMAP_PORT" "$IMAPS_PORT" "$SMTP_PORT" "$SUBMISSION_PORT" "$SMTPS_PORT"; do
    mailhost_await_port "$port"
  done
}

# Stops both servers by the pids that mailhost_start saw, and takes their directory away.
mailhost_stop() {
  local pid deadline=$((SECONDS + mailhost_patience))
  for pid in "${mailhost_postfix_pid:-}" "${mailhost_dovecot_pid:-}"; do
    [[ -n $pid ]] || continue
    kill -TERM "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null && ((SECONDS < deadline)); do
      sleep 0.05 # Postfix's master is not our child, so there is nothing to wait(1) for
    done
  done
  mailhost_postfix_pid='' mailhost_dovecot_pid=''
  if [[ -n ${MAILHOST_DIR:-} ]]; then
    rm -rf "$MAILHOST_DIR"
  fi
}

# Prints the ends of the servers' logs: what one wants to read when a step failed.
mailhost_logs() {
  local log
  [[ -n ${MAILHOST_DIR:-} ]] || return 0
  for log in postfix.log postfix.out dovecot/dovecot.log dovecot.out; do
    [[ -s $MAILHOST_DIR/$log ]] || continue
    printf -- '--- %s, its end\n' "$log"
    tail -n 40 "$MAILHOST_DIR/$log"
  done
}

mailhost_require() {
  if [[ $(id -u) -ne 0 ]]; then
    echo "mailhost: Postfix's master has to be started by root; run this as root" >&2
    return 1
  fi
  local program
  for program in dovecot postfix swaks curl openssl python3 setpriv; do
    if [[ -z $(type -P "$program") ]]; then
      echo "mailhost: $program is missing; the first step of .ci/run installs it" >&2
      return 1
    fi
  done
}

# Takes five neighbouring ports on which nobody answers, below the range that the kernel lends to clients.
mailhost_pick_ports() {
  local attempt base port
  for attempt in {1..50}; do
    base=$((20000 + RANDOM % 1000 * 10))
    for port in $(seq "$base" $((base + 4))); do
      ! mailhost_answers "$port" || continue 2
    done
    IMAP_PORT=$base IMAPS_PORT=$((base + 1))
    SMTP_PORT=$((base + 2)) SUBMISSION_PORT=$((base + 3)) SMTPS_PORT=$((base + 4))
    return
  done
  echo "mailhost: no five free ports in $attempt attempts" >&2
  return 1
}

mailhost_answers() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Waits until the port answers; says which server died instead, if one did.
mailhost_await_port() {
  local deadline=$((SECONDS + mailhost_patience)) pid
  until mailhost_answers "$1"; do
    for pid in "$mailhost_dovecot_pid" "$mailhost_postfix_pid"; do
      if ! kill -0 "$pid" 2>/dev/null || ((SECONDS > deadline)); then
        echo "mailhost: nobody answers on port $1" >&2
        mailhost_logs >&2
        return 1
      fi
    done
    sleep 0.05
  done
}

# Fills the @NAMES@ of a template in.
mailhost_render() {
  sed -e "s|@DIR@|$MAILHOST_DIR|g" -e "s|@USER@|$mailhost_user|g" \
    -e "s|@UID@|$(id -u "$mailhost_user")|g" -e "s|@GID@|$(id -g "$mailhost_user")|g" \
    -e "s|@GROUP@|$(id -gn "$mailhost_user")|g" -e "s|@STAMP@|$mailhost_stamp|g" \
    -e "s|@IMAP_PORT@|$IMAP_PORT|g" -e "s|@IMAPS_PORT@|$IMAPS_PORT|g" -e "s|@SMTP_PORT@|$SMTP_PORT|g" \
    -e "s|@SUBMISSION_PORT@|$SUBMISSION_PORT|g" -e "s|@SMTPS_PORT@|$SMTPS_PORT|g" "$1" >"$2"
}

mailhost_addresses() {
  grep -v '^#' "$ci_dir/mailboxes"
}

mailhost_write_dovecot() {
  local address
  mailhost_stamp=''
  mkdir -p "$MAILHOST_DIR"/{dovecot/run,dovecot/state,mail}
  mailhost_render "$ci_dir/dovecot/dovecot.conf" "$MAILHOST_DIR/dovecot/dovecot.conf"
  for address in $(mailhost_addresses); do
    echo "$address:{PLAIN}$mailhost_password::::::"
    mkdir -p "$MAILHOST_DIR/mail/$address/Maildir"/{new,cur,tmp}
  done >"$MAILHOST_DIR/dovecot/users"
}

mailhost_write_postfix() {
  local etc=$MAILHOST_DIR/postfix/etc template
  mailhost_stamp=$(openssl rand -hex 16)
  mkdir -p "$etc" "$MAILHOST_DIR/postfix/queue" "$MAILHOST_DIR/postfix/data" "$MAILHOST_DIR/greylist"
  chown postfix: "$MAILHOST_DIR/postfix/data"
  for template in "$ci_dir"/postfix/*; do
    mailhost_render "$template" "$etc/${template##*/}"
  done
  mailhost_addresses | sed 's/$/ known/' >"$etc/recipients"
}

# A CA of this run and its certificate for "localhost" only: a client that trusts the CA connects to
# localhost; one that does not, or that says 127.0.0.1, must refuse.
mailhost_write_certificates() {
  local tls=$MAILHOST_DIR/tls
  mkdir -p "$tls"
  MAILHOST_CA=$MAILHOST_DIR/tls/ca.pem
  {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=deskpost integration run' \
      -keyout "$tls/ca.key" -out "$tls/ca.pem"
    openssl req -newkey rsa:2048 -nodes -subj '/CN=localhost' \
      -keyout "$tls/localhost.key" -out "$tls/localhost.csr"
    openssl x509 -req -days 2 -in "$tls/localhost.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial \
      -extfile <(printf 'subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n') -out "$tls/localhost.pem"
  } 2>"$tls/openssl.log" || {
    cat "$tls/openssl.log" >&2
    return 1
  }
}

# --- the mail client -------------------------------------------------------------------------------------

# send_mail SWAKS-OPTION...: sends one mail through the plain SMTP port; --from, --to, --header, --body and
# --attach as swaks has them. Prints the SMTP dialogue only when the server refused.
send_mail() {
  local dialogue
  if ! dialogue=$(swaks --server "127.0.0.1:$SMTP_PORT" --helo client.example "$@" 2>&1 </dev/null); then
    printf '%s\n' "$dialogue" >&2
    return 1
  fi
}

# send_raw FROM TO FILE: sends FILE as it is; FROM may be '<>', TO a list with commas.
send_raw() {
  send_mail --from "$1" --to "$2" --data "@$3"
}

# reply_to MAILBOX N TEXT: answers mail N of the mailbox as its owner, from where the mail said to answer.
reply_to() {
  local mailbox=$1 number=$2 text=$3 file
  file=$(mktemp "$MAILHOST_DIR/reply.XXXXXX")
  printf '%b' "$text" | mail_tool reply "$(inbox "$mailbox")" "$number" "$mailbox" >"$file"
  send_raw "$mailbox" "$(reply_address "$mailbox" "$number")" "$file"
}

# reply_address MAILBOX N: the bare address to which an answer to mail N goes.
reply_address() {
  local to
  to=$(mailbox_header "$1" "$2" Reply-To)
  to=${to:-$(mailbox_header "$1" "$2" From)}
  to=${to##*<}
  printf '%s' "${to%>*}"
}

mailbox_list() { mail_tool list "$(inbox "$1")"; }
mailbox_count() { mail_tool list "$(inbox "$1")" | wc -l; }
mailbox_text() { mail_tool text "$(inbox "$1")" "$2"; }
mailbox_raw() { mail_tool raw "$(inbox "$1")" "$2"; }
mailbox_header() { mail_tool header "$(inbox "$1")" "$2" "$3"; }

# wait_for_mail MAILBOX REGEX SECONDS [AFTER]: prints the number of the first mail after number AFTER that
# matches, as soon as it is there.
wait_for_mail() { mail_tool wait "$(inbox "$1")" "${@:2}"; }

# fill_mailbox MAILBOX FILE...: puts files into the mailbox byte by byte, past Postfix, which mends or
# refuses some of the mails that are worth trying.
fill_mailbox() {
  local box file count=0
  box=$(maildir "$1")
  for file in "${@:2}"; do
    count=$((count + 1))
    install -o "$mailhost_user" -g "$(id -gn "$mailhost_user")" -m 0600 "$file" \
      "$box/tmp/${EPOCHREALTIME/[.,]/.M}P$$Q$count.fill" # in the order of arrival
  done
  mv "$box"/tmp/*.fill "$box/new/"
}

# inbox MAILBOX: where its owner reads it.
inbox() { printf 'imap://%s:%s@127.0.0.1:%s' "${1/@/%40}" "$mailhost_password" "$IMAP_PORT"; }

maildir() { printf '%s/mail/%s/Maildir' "$MAILHOST_DIR" "$1"; }
mail_tool() { python3 "$ci_dir/mail.py" "$@"; }

# --- by hand ---------------------------------------------------------------------------------------------

mailhost_print() {
  cat <<END
IMAP         127.0.0.1:$IMAP_PORT  (plain, STARTTLS)
IMAPS        localhost:$IMAPS_PORT
SMTP         127.0.0.1:$SMTP_PORT  (no login)
submission   localhost:$SUBMISSION_PORT  (STARTTLS, login)
SMTPS        localhost:$SMTPS_PORT  (login)
CA           $MAILHOST_CA
password     $mailhost_password
mailboxes    $(mailhost_addresses | paste -sd' ')
END
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  case ${1:-} in
    run)
      trap mailhost_stop EXIT
      trap 'exit 130' INT TERM
      mailhost_start
      mailhost_print
      wait "$mailhost_dovecot_pid"
      ;;
    selftest)
      exec bash "$ci_dir/selftest.sh"
      ;;
    *)
      sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
      exit 2
      ;;
  esac
fi
