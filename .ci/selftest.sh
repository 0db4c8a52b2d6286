#!/bin/bash
# selftest.sh - proves of the mail host each thing that the integration run builds on.

set -euo pipefail

# shellcheck source=.ci/mailhost.sh
source "$(dirname "${BASH_SOURCE[0]}")/mailhost.sh"
# shellcheck source=.ci/assert.sh
source "$ci_dir/assert.sh"

selftest_patience=20 # seconds

main() {
  trap selftest_finished EXIT
  mailhost_start
  selftest_delivery
  selftest_plus_address
  selftest_verdicts
  selftest_envelopes
  selftest_refusals
  selftest_bounces
  selftest_aliases
  selftest_reply
  selftest_tls
  selftest_big
  selftest_passed=yes
  printf '%d passed, 0 failed\n' "$asserted"
}

selftest_finished() {
  [[ -n ${selftest_passed:-} ]] || mailhost_logs >&2
  mailhost_stop
}

selftest_delivery() {
  local n
  send_mail --from karen@customer.example --to support@bank.example \
    --header 'Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=' --body 'first words' --attach "@$ci_dir/mailboxes"
  n=$(wait_for_mail support@bank.example 'first words' "$selftest_patience")
  assert_match 'a mail with an attachment arrives, its subject readable' 'karen@customer.example.*Grüße' \
    "$(mailbox_list support@bank.example)"
  assert_match 'and has its attachment' 'mailboxes' "$(mailbox_raw support@bank.example "$n")"
  assert_match 'Dovecot serves it over IMAP' '^\* 1 FETCH .*RFC822.SIZE [0-9]{3}' \
    "$(imap_command support@bank.example INBOX 'FETCH 1 (RFC822.SIZE)')"
}

selftest_plus_address() {
  local n
  send_mail --from karen@customer.example --to support+r1x.abc@bank.example --body 'plus address'
  n=$(wait_for_mail support@bank.example 'plus address' "$selftest_patience")
  assert_match 'a tagged address arrives and keeps its tag' '^<?support\+r1x\.abc@bank\.example>?$' \
    "$(mailbox_header support@bank.example "$n" Delivered-To)"
}

selftest_verdicts() {
  local sender n
  for sender in customer bank; do
    send_mail --from "sam@$sender.example" --to banking@bank.example,sysadmin@bank.example --body "verdict $sender" \
      --add-header 'Authentication-Results: ci.bank.example; dmarc=pass header.from=liar.example' \
      --add-header 'Authentication-Results: other.example; dmarc=pass header.from=other.example'
    n=$(wait_for_mail banking@bank.example "verdict $sender" "$selftest_patience")
    assert_equal "mail from $sender.example has our verdict once, on top, no forged one, and the other host's" \
      "ci.bank.example; dmarc=pass header.from=$sender.example
other.example; dmarc=pass header.from=other.example" \
      "$(mailbox_header banking@bank.example "$n" Authentication-Results)"
  done
  send_mail --from eve@forged.example --to banking@bank.example --h-From karen@customer.example --body 'verdict forged'
  n=$(wait_for_mail banking@bank.example 'verdict forged' "$selftest_patience")
  assert_equal 'mail from forged.example fails' 'ci.bank.example; dmarc=fail header.from=forged.example' \
    "$(mailbox_header banking@bank.example "$n" Authentication-Results)"
  send_mail --from eve@unknown.example --to banking@bank.example --body 'verdict none'
  n=$(wait_for_mail banking@bank.example 'verdict none' "$selftest_patience")
  assert_equal 'mail from a domain without a policy has no verdict' '' \
    "$(mailbox_header banking@bank.example "$n" Authentication-Results)"
}

selftest_envelopes() {
  local n file
  send_mail --from '<>' --to support@bank.example --body 'null sender'
  n=$(wait_for_mail support@bank.example 'null sender' "$selftest_patience")
  assert_equal 'a null sender is accepted and delivered as one' '<>' \
    "$(mailbox_header support@bank.example "$n" Return-Path)"

  file=$MAILHOST_DIR/bare.eml
  printf 'From: karen@customer.example\nTo: support@bank.example\n\nbare mail\n' >"$file"
  send_raw karen@customer.example support@bank.example "$file"
  n=$(wait_for_mail support@bank.example 'bare mail' "$selftest_patience")
  assert_equal 'a mail without Message-ID gets none on the way' '' \
    "$(mailbox_header support@bank.example "$n" Message-ID)"

  fill_mailbox sysadmin@bank.example "$file"
  assert_match 'a file put into a mailbox is seen over IMAP' 'bare mail' \
    "$(imap_command sysadmin@bank.example 'INBOX;MAILINDEX=*' '')"
}

selftest_refusals() {
  assert_refused 'an unknown user is refused at RCPT' '550 5\.1\.1 ' \
    send_mail --from support@bank.example --to nobody-there@customer.example
  assert_refused 'a domain elsewhere is refused, no mail leaves' '5\.4\.4 ' \
    send_mail --from support@bank.example --to somebody@elsewhere.example
  assert_refused 'the greylisted recipient is put off first' '450 4\.2\.0 ' \
    send_mail --from support@bank.example --to grey@customer.example --body 'once more'
  assert_done 'and accepted the second time' \
    send_mail --from support@bank.example --to grey@customer.example --body 'once more'
  wait_for_mail grey@customer.example 'once more' "$selftest_patience" >/dev/null
}

selftest_bounces() {
  local domain n
  for domain in bounce.example:5.1.1 full.example:5.2.2; do
    send_mail --from "support+b1x.${domain#*:}@bank.example" --to "gone@${domain%:*}" --body 'to be returned'
    n=$(wait_for_mail support@bank.example "^From: [^\n]*MAILER-DAEMON.*gone@${domain%:*}" "$selftest_patience")
    assert_match "mail to ${domain%:*} comes back as a report of status ${domain#*:} ..." "^Status: ${domain#*:}" \
      "$(mailbox_raw support@bank.example "$n")"
    assert_match '... to the tagged sender' "^<?support\+b1x\.${domain#*:}@bank\.example" \
      "$(mailbox_header support@bank.example "$n" Delivered-To)"
    assert_match '... from nobody, as multipart/report' 'multipart/report; report-type="?delivery-status"?' \
      "$(mailbox_header support@bank.example "$n" Content-Type)"
  done
}

selftest_aliases() {
  local before n
  before=$(mailbox_count support@bank.example)
  send_mail --from karen@customer.example --to helpdesk@bank.example,contact@bank.example --body 'by two names'
  n=$(wait_for_mail support@bank.example 'by two names' "$selftest_patience" "$before")
  wait_for_mail support@bank.example 'by two names' "$selftest_patience" "$n" >/dev/null
  ok 'a mail to two aliases of a mailbox arrives there twice'
}

selftest_reply() {
  local n text
  send_mail --from support@bank.example --to karen@customer.example --body 'how are you?' \
    --header 'Subject: Your card' --add-header 'Reply-To: Desk <support+r2x.y@bank.example>'
  n=$(wait_for_mail karen@customer.example 'how are you' "$selftest_patience")
  reply_to karen@customer.example "$n" 'Fine.\nThank you.'
  text=$(mailbox_text support@bank.example "$(wait_for_mail support@bank.example '^Fine\.' "$selftest_patience")")
  assert_match 'a reply goes to Reply-To' '^Delivered-To: <?support\+r2x\.y@bank\.example' "$text"
  assert_match 'with Re: in the subject' '^Subject: Re: Your card$' "$text"
  assert_match 'a reference to what it answers' \
    "^In-Reply-To: $(mailbox_header karen@customer.example "$n" Message-ID)" "$text"
  assert_match 'and the old text quoted' '^> how are you\?' "$text"
}

selftest_tls() {
  local mail=$MAILHOST_DIR/tls.eml
  printf 'From: jane@bank.example\nSubject: over TLS\n\nover TLS\n' >"$mail"
  local imaps="/INBOX" submit=(--mail-from jane@bank.example --mail-rcpt john@bank.example --upload-file "$mail")
  assert_done 'IMAPS with a certificate that is trusted' \
    curl_as_jane --cacert "$MAILHOST_CA" "imaps://localhost:$IMAPS_PORT$imaps"
  assert_done 'STARTTLS on the plain IMAP port' \
    curl_as_jane --cacert "$MAILHOST_CA" --ssl-reqd "imap://localhost:$IMAP_PORT$imaps"
  assert_refused 'IMAPS with an unknown CA is refused by the client' 'certificate' \
    curl_as_jane "imaps://localhost:$IMAPS_PORT$imaps"
  assert_refused 'IMAPS under a name the certificate does not have, too' 'subject name|certificate' \
    curl_as_jane --cacert "$MAILHOST_CA" "imaps://127.0.0.1:$IMAPS_PORT$imaps"
  assert_refused 'a wrong password is refused by IMAP' 'AUTH|denied|[Ll]ogin' \
    curl -sS --user jane@bank.example:wrong "imap://127.0.0.1:$IMAP_PORT$imaps"
  assert_done 'submission with STARTTLS and a login' \
    curl_as_jane --cacert "$MAILHOST_CA" --ssl-reqd "smtp://localhost:$SUBMISSION_PORT" "${submit[@]}"
  assert_done 'SMTPS with a login' \
    curl_as_jane --cacert "$MAILHOST_CA" "smtps://localhost:$SMTPS_PORT" "${submit[@]}"
  assert_refused 'submission without a login is refused' '(530|554)' \
    curl -sS --cacert "$MAILHOST_CA" --ssl-reqd "smtp://localhost:$SUBMISSION_PORT" "${submit[@]}"
  assert_refused 'submission with a wrong password, too' '(535|[Ll]ogin denied)' \
    curl -sS --user jane@bank.example:wrong --cacert "$MAILHOST_CA" --ssl-reqd \
    "smtp://localhost:$SUBMISSION_PORT" "${submit[@]}"
  wait_for_mail john@bank.example 'over TLS' "$selftest_patience" >/dev/null
}

selftest_big() {
  local file=$MAILHOST_DIR/big.eml n
  {
    printf 'From: bob@customer.example\nTo: support@bank.example\nSubject: sixty megabytes\n\nsixty megabytes\n'
    head -c 60000000 < <(yes 'a line of a mail that is too long to read to its end, over and over again')
    echo
  } >"$file"
  send_raw bob@customer.example support@bank.example "$file"
  n=$(wait_for_mail support@bank.example 'sixty megabytes' 60)
  assert_match 'a mail of 60 MB gets through' '^60[0-9]{6}$' "$(mailbox_raw support@bank.example "$n" | wc -c)"
}

# imap_command MAILBOX PATH COMMAND: what Dovecot answers to one IMAP command in a folder, or, when COMMAND
# is empty, what an IMAP URL with that path yields.
imap_command() {
  local request=()
  [[ -z $3 ]] || request=(--request "$3")
  curl -sS --user "$1:$mailhost_password" "${request[@]}" "imap://127.0.0.1:$IMAP_PORT/$2"
}

curl_as_jane() {
  curl -sS --user "jane@bank.example:$mailhost_password" "$@"
}

main
