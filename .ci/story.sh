#!/bin/bash
# story.sh - the help desk's story by mail, sourced by integration.sh: a customer asks, an agent gives the ticket
# urgency, a plan and a department and answers, the ticket is resolved, opened again, and then meets what real
# mail brings: doubles, machines, bounces, typing errors. Each step builds on the ones before.
#
# shellcheck disable=SC2154 # the helpers and their variables are the sourcing script's

set -euo pipefail

support=support@bank.example
jane=jane@bank.example
john=john@bank.example
lead=lead@bank.example
karen=karen@customer.example
bob=bob@customer.example

story() {
  customer_opens
  agent_commands_and_answers
  agent_leaves_note
  agent_asks_for_thread
  customer_answers
  agent_resolves
  customer_opens_again
  typing_error_is_held
  double_is_one_ticket
  machine_is_not_answered
  greylisted_customer_gets_answer
  bounce_is_told
  nothing_private_got_out
}

# arrival MAILBOX REGEX: waits for the mail behind the last one awaited in that mailbox; its number in $n, and
# what it says in $text. A mail can thus be awaited only once, and an older one is never taken for it.
declare -A awaited=()
arrival() {
  n=$(wait_for_mail "$1" "$2" "$patience" "${awaited[$1]:-0}")
  awaited[$1]=$n
  text=$(mailbox_text "$1" "$n")
}

customer_opens() {
  send_mail --from "$karen" --to "$support" --header 'Subject: Cannot sign in' \
    --header 'From: Karen Smith <karen@customer.example>' --body 'The page says "try again" since this morning.'
  arrival "$karen" 'thank you for writing to us'
  ticket=$(grep -oE '\[#[0-9]+\]' <<<"$text" | head -n 1 | tr -dc '0-9')
  assert_equal 'the first ticket is number 1001' 1001 "$ticket"
  assert_match 'the acknowledgement is marked as automatic (RFC 3834)' '^Auto-Submitted: auto-replied' "$text"
  assert_match 'and silences other machines' '^X-Auto-Response-Suppress: All' "$text"
  assert_match 'and comes from the department' '^From: .*support(\+[^@]*)?@bank\.example' "$text"
  local agent
  for agent in "$jane" "$john"; do
    arrival "$agent" '^Subject: [^\n]*New: Cannot sign in'
    assert_match "$agent is told of the new ticket" 'try again' "$text"
    assert_match '... with what an answer will do' 'goes to the customer' "$text"
  done
}

agent_commands_and_answers() {
  reply_to "$jane" "${awaited[$jane]}" \
    '#emergency\n#assign jane\n#sla sev-a\n#dept online-banking\n\nPlease try the new page.'
  arrival "$jane" '^> #emergency'
  assert_match 'the agent gets a transcript: priority' '^> #emergency +Normal -> Emergency' "$text"
  assert_match 'assignment' '^> #assign jane +.*Jane Doe' "$text"
  assert_match 'SLA plan' '^> #sla sev-a +.*Sev-A' "$text"
  assert_match 'department' '^> #dept online-banking +Support -> Online Banking' "$text"
  arrival "$karen" 'Please try the new page'
  assert_match 'the customer gets the answer from the new department' \
    '^From: .*<banking(\+[^@]*)?@bank\.example>' "$text"
  assert_no_match 'which is no automatic mail' '^(Auto-Submitted|Precedence):' "$text"
  assert_no_match 'and has none of the commands' '^#' "$text"
  assert_match 'and is threaded below the question' '^(In-Reply-To|References): .*<' "$text"
}

agent_leaves_note() {
  reply_to "$jane" "${awaited[$jane]}" '#note\n\nHer card was swallowed in Bremen.'
  arrival "$jane" '^> #note'
  ok 'a note has its transcript'
}

agent_asks_for_thread() {
  reply_to "$jane" "${awaited[$jane]}" '#show'
  arrival "$jane" '^> #show'
  assert_match '#show brings the thread: the question' 'try again' "$text"
  assert_match 'the note' 'swallowed in Bremen' "$text"
  assert_match 'the answer' 'try the new page' "$text"
}

customer_answers() {
  reply_to "$karen" "${awaited[$karen]}" 'The new page works no better.'
  arrival "$jane" '^Subject: [^\n]*Message: .*works no better'
  assert_match "the customer's answer is the assignee's" 'works no better' "$text"
}

agent_resolves() {
  reply_to "$jane" "${awaited[$jane]}" '#resolve\n\nWe have unlocked your account.'
  arrival "$karen" 'unlocked your account'
  assert_match 'the customer gets the resolving answer' 'We consider this solved' "$text"
  desk_await 'the ticket is resolved' "^ticket $ticket: .*\\(resolved\\)" "$ticket"
}

customer_opens_again() {
  reply_to "$karen" "${awaited[$karen]}" 'Now it says that I do not exist.'
  arrival "$jane" 'I do not exist'
  desk_await "the customer's next mail opens it again" "^ticket $ticket: .*\\(open\\)" "$ticket"
}

typing_error_is_held() {
  reply_to "$jane" "${awaited[$jane]}" '#ntoe\n\nBetween us: she typed the wrong name.'
  arrival "$jane" '^Subject: [^\n]*NOT done'
  assert_match 'a typing error holds the mail and says which line' '^> #ntoe' "$text"
  assert_match 'and keeps the text for another try' 'she typed the wrong name' "$text"
}

# One mail through two aliases (F26).
double_is_one_ticket() {
  send_mail --from "$bob" --to helpdesk@bank.example,contact@bank.example --header 'Subject: Two doors' \
    --header 'From: Bob Jones <bob@customer.example>' --body 'I knock at both.'
  arrival "$bob" 'thank you for writing to us'
  second=$((ticket + 1))
  assert_match 'a mail through two aliases opens one ticket' "^Subject: .*\\[#$second\\]" "$text"
  desk_await 'its second copy is known as a duplicate' 'outcome: duplicate' "$second"
  arrival "$john" 'I knock at both'
}

machine_is_not_answered() {
  local before
  before=$(mailbox_count "$bob")
  send_raw '<>' "$(reply_address "$bob" "${awaited[$bob]}")" <(
    printf 'From: Bob Jones <%s>\nTo: %s\nSubject: Out of office Re: [#%s] Two doors\n' "$bob" "$support" "$second"
    printf 'Auto-Submitted: auto-replied\nMessage-ID: <away-1@customer.example>\n\nI am on holiday.\n'
  )
  desk_await 'an out-of-office answer is known as a machine' 'outcome: machine' "$second"
  reply_to "$john" "${awaited[$john]}" 'Both doors lead to us.'
  arrival "$bob" 'Both doors lead to us'
  assert_equal 'and was not answered: the next mail to the customer is the agent'"'"'s' $((before + 1)) "$n"
}

# A mail server that says 450 first (F31).
greylisted_customer_gets_answer() {
  send_mail --from grey@customer.example --to "$support" --header 'Subject: Come back later' --body 'I am slow.'
  arrival grey@customer.example 'thank you for writing to us'
  ok 'a mail that the server puts off with 450 is sent again and arrives'
}

# Postfix takes an answer and bounces it (F38). Nobody has the ticket, so its lead is told.
bounce_is_told() {
  send_mail --from gone@bounce.example --to "$support" --header 'Subject: My last mail' --body 'I move out today.'
  arrival "$john" 'I move out today'
  reply_to "$john" "${awaited[$john]}" 'Where shall we send the papers?'
  arrival "$lead" '^Subject: [^\n]*Not delivered: My last mail'
  assert_match 'an answer that bounces is told to an agent, with the reason' '5\.1\.1|user unknown' "$text"
}

# At the end, when whatever could have gone wrong has had its time.
nothing_private_got_out() {
  local customer number all=''
  for customer in "$karen" "$bob" grey@customer.example; do
    for number in $(seq "$(mailbox_count "$customer")"); do
      all+=$(mailbox_raw "$customer" "$number")$'\n'$(mailbox_text "$customer" "$number")$'\n'
    done
  done
  assert_no_match "no customer got a note or a held text" 'swallowed in Bremen|typed the wrong name' "$all"
  assert_no_match "nor an agent's own address" '(jane|john|lead)@bank\.example' "$all"
  for customer in "$jane" "$john"; do
    assert_equal "$customer got one notice of the mail that came twice" 1 \
      "$(mailbox_list "$customer" | grep -c 'New: Two doors')"
  done
}
