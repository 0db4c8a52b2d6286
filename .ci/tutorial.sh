#!/bin/bash
# tutorial.sh - the life of a ticket as help desk tutorials tell it, sourced by integration.sh: once by mail only,
# once by `deskpost do`. An admin gives an agent a role in more departments; she looks at the queue, lacks a right
# and hands over; a colleague gives the ticket urgency, a plan, a department and back to her; a note, a reply,
# resolved with a reply, opened again by the customer, closed. All of it is read back from the mailboxes.
#
# shellcheck disable=SC2154 # the helpers and their variables are the sourcing script's

set -euo pipefail

ann=ann@bank.example
kate=kate@customer.example
karl=karl@customer.example

tutorial() {
  local began=$SECONDS
  admin_extends_access
  tutorial_by_mail
  tutorial_by_do
  nothing_leaked "$kate" 'full disk|cannot set the priority|Since nine'
  nothing_leaked "$karl" 'empty cash box|cannot set the priority|Told at the counter'
  printf 'the tutorial took %d s\n' $((SECONDS - began))
}

desk_do() { "$desk_dir/deskpost" "do" --config "$desk_dir/deskpost.toml" "$@"; }
desk_reload() { "$desk_dir/deskpost" reload --config "$desk_dir/deskpost.toml"; }

# A slip in the config is refused with its line, and the old one stays; then the new roles are in force (F19).
admin_extends_access() {
  local config=$desk_dir/deskpost.toml
  sed -i 's/^access = { online-banking = "view" }/access = { suport = "limited", online-banking = "expanded" }/' "$config"
  assert_exit 'deskpost reload refuses a slip in the config and names its line' 2 'access.*did you mean "support"' desk_reload
  sed -i 's/{ suport = /{ support = /' "$config"
  assert_exit 'deskpost reload puts the mended one in force' 0 '^reloaded .*: 3 departments, 4 agents' desk_reload
}

tutorial_by_mail() {
  kate_writes
  ann_looks_at_the_queue
  ann_lacks_a_right
  ann_hands_over
  john_does_it_all_in_one_mail
  ann_answers
  ann_resolves
  kate_opens_it_again
  ann_closes
  kate_opens_it_once_more
  ann_reads_the_thread
}

kate_writes() {
  send_mail --from "$kate" --to "$support" --header 'Subject: Entire online banking system is down' \
    --header "From: Kate Miller <$kate>" --body 'Nobody here can sign in since 9 o'"'"'clock.'
  arrival "$kate" 'thank you for writing to us'
  lesson=$(grep -oE '\[#[0-9]+\]' <<<"$text" | head -n 1 | tr -dc '0-9')
  arrival "$ann" "^Subject: \\[#$lesson\\] New: Entire online banking"
  assert_match 'who was given a role in a department is told of its next ticket' 'Nobody here can sign in' "$text"
}

ann_looks_at_the_queue() {
  reply_to "$ann" "${awaited[$ann]}" '#list unassigned'
  arrival "$ann" '^> #list unassigned'
  assert_match 'an agent reads the queue by mail' "^#$lesson  Entire online banking system is down" "$text"
  reply_to "$ann" "${awaited[$ann]}" '#show'
  arrival "$ann" '^> #show'
  assert_match '... and opens the ticket' '^    Nobody here can sign in' "$text"
}

ann_lacks_a_right() {
  reply_to "$ann" "${awaited[$ann]}" '#emergency\n#assign john\n\nWhole system, not one account.'
  arrival "$ann" '^Subject: [^\n]*NOT done'
  assert_match 'who lacks a right reads which, where, by which role, and whom to ask' \
    '^> #emergency +needs the right "edit" in Support, where your role is "limited"; ask Lee Lead' "$text"
  assert_match '... and nothing was done' '^> #assign john +fine, but not done' "$text"
  desk_await '... nothing at all' "^ticket $lesson: .*\\(new\\)" "$lesson"
}

# The held text goes with the lines that mend it.
ann_hands_over() {
  reply_to "$ann" "${awaited[$ann]}" '#assign john\n#note\n\nI cannot set the priority. Can you?'
  arrival "$ann" '^> #assign john'
  arrival "$john" "^Subject: \\[#$lesson\\] Yours"
  assert_match 'she hands over to a colleague, with a note' 'I cannot set the priority' "$text"
}

john_does_it_all_in_one_mail() {
  reply_to "$john" "${awaited[$john]}" '#emergency\n#assign ann\n#sla sev-a\n#dept online-banking'
  arrival "$john" '^> #emergency'
  assert_match 'one mail sets the priority' '^> #emergency +Normal -> Emergency' "$text"
  assert_match '... the plan' '^> #sla sev-a +Default -> Sev-A' "$text"
  assert_match '... the department' '^> #dept online-banking +Support -> Online Banking' "$text"
  assert_match '... and the agent, who has a role there by now' '^> #assign ann +nobody -> Ann Lee' "$text"
  arrival "$ann" "^Subject: \\[#$lesson\\] Yours"
  assert_match 'she is told, with what the customer wrote' 'Nobody here can sign in' "$text"
}

ann_answers() {
  reply_to "$ann" "${awaited[$ann]}" 'Node 2 has a full disk.'
  reply_to "$ann" "${awaited[$ann]}" '#reply\n\nWe have found the cause and expect to be back within the hour.'
  arrival "$kate" 'found the cause'
  assert_match 'the reply comes from the new department' '^From: .*<banking(\+[^@]*)?@bank\.example>' "$text"
  reply_to "$kate" "${awaited[$kate]}" 'Does that include the app on the phone?'
  arrival "$ann" "^Subject: \\[#$lesson\\] Message"
  assert_match "the customer's answer comes to her" 'app on the phone' "$text"
}

ann_resolves() {
  reply_to "$ann" "${awaited[$ann]}" '#resolve\n\nYes. Everything is back, the app too.'
  arrival "$kate" 'Everything is back'
  assert_match 'resolved with a reply, which says so' 'We consider this solved' "$text"
  desk_await 'the ticket is resolved' "^ticket $lesson: .*\\(resolved\\)" "$lesson"
}

kate_opens_it_again() {
  reply_to "$kate" "${awaited[$kate]}" 'The app still shows the balance of yesterday.'
  arrival "$ann" "^Subject: \\[#$lesson\\] Reopened"
  assert_match 'the customer writes in time: it is open again' 'balance of yesterday' "$text"
}

ann_closes() {
  reply_to "$ann" "${awaited[$ann]}" '#close\n\nThe balances are refreshed now.'
  arrival "$kate" 'balances are refreshed'
  desk_await 'closed with a reply' "^ticket $lesson: .*\\(closed\\)" "$lesson"
}

kate_opens_it_once_more() {
  reply_to "$kate" "${awaited[$kate]}" 'Mine is not, it still lacks the rent.'
  arrival "$ann" "^Subject: \\[#$lesson\\] Reopened"
  desk_await 'a closed one opens again too, while the window lasts' "^ticket $lesson: .*\\(open\\)" "$lesson"
}

ann_reads_the_thread() {
  local line
  reply_to "$ann" "${awaited[$ann]}" '#show'
  arrival "$ann" '^> #show'
  for line in 'MESSAGE by Kate Miller' 'NOTE by Ann Lee' 'REPLY by Ann Lee' 'EVENT by John Roe: priority: Normal -> Emergency' \
    'EVENT by John Roe: department: Support -> Online Banking' 'EVENT by Ann Lee: status: open -> resolved' \
    "EVENT by $kate: status: closed -> open"; do
    assert_match "the thread has: $line" "^[0-9: -]+ [A-Z]+  (\\[[0-9]+\\] )?$line" "$text"
  done
}

# The same without a mail by an agent: what they do is done at the terminal, and what others get is read from
# their mailboxes.
tutorial_by_do() {
  local said
  said=$(desk_do new --as ann --requester "$karl" --name 'Karl Jones' --department support \
    --subject 'Cash machine is out of order' --text 'It keeps the cards. Told at the counter.')
  assert_match 'do new opens a ticket for somebody at the counter' '^Ticket [0-9]+: opened in Support' "$said"
  lesson=$(grep -oE '^Ticket [0-9]+' <<<"$said" | tr -dc '0-9')
  arrival "$karl" 'thank you for writing to us'
  assert_match '... who gets the receipt' "^Subject: .*\\[#$lesson\\]" "$text"
  arrival "$john" "^Subject: \\[#$lesson\\] New: Cash machine"
  assert_match '... and the department is told, and by whom' 'taken down by Ann Lee' "$text"

  assert_match 'do list: the queue' "^#$lesson  Cash machine is out of order" "$(desk_do list unassigned --as ann)"
  assert_match 'do show: the ticket' '^    It keeps the cards' "$(desk_do show "$lesson" --as ann)"
  assert_exit 'do: a missing right is told with whom to ask, and nothing is done' 1 \
    '^> #emergency +needs the right "edit" in Support, where your role is "limited"; ask Lee Lead' \
    desk_do "$lesson" --as ann '#emergency' '#assign john'
  assert_exit 'do: she hands over with a note' 0 "^Ticket $lesson: 1 done, note added" \
    desk_do "$lesson" --as ann '#assign john' --text 'I cannot set the priority. Can you?'
  arrival "$john" "^Subject: \\[#$lesson\\] Yours"
  assert_match '... which he reads in his mail' 'I cannot set the priority' "$text"
  assert_exit 'do: priority, plan, department and agent at once' 0 '^state: .* Emergency \| Online Banking \| Ann Lee \| SLA Sev-A' \
    desk_do "$lesson" --as john '#emergency' '#assign ann' '#sla sev-a' '#dept online-banking'
  arrival "$ann" "^Subject: \\[#$lesson\\] Yours"
  assert_match '... and she has it in her mail' 'It keeps the cards' "$text"

  assert_exit 'do: a note' 0 'note added' desk_do "$lesson" --as ann --text 'It is the empty cash box again.'
  assert_exit 'do: a reply' 0 "message sent to $karl" desk_do "$lesson" --as ann '#reply' --text 'Somebody is on the way.' --key "way-$lesson"
  assert_exit '... with its key once more: not sent again' 0 'not done again' \
    desk_do "$lesson" --as ann '#reply' --text 'Somebody is on the way.' --key "way-$lesson"
  arrival "$karl" 'Somebody is on the way'
  assert_match 'the customer has the reply, from the department' '^From: .*<banking(\+[^@]*)?@bank\.example>' "$text"
  assert_exit 'do: resolved with a reply from the standard input' 0 '^state: resolved' \
    desk_do "$lesson" --as ann '#resolve' --text - < <(echo 'Your card is at the counter.')
  arrival "$karl" 'Your card is at the counter'
  assert_match '... as the customer reads' 'We consider this solved' "$text"
  reply_to "$karl" "${awaited[$karl]}" 'They have only one of my two.'
  arrival "$ann" "^Subject: \\[#$lesson\\] Reopened"
  assert_match 'the customer writes in time: it is open again' 'only one of my two' "$text"
  assert_exit 'do: closed with a reply' 0 '^state: closed' \
    desk_do "$lesson" --as ann '#close' '#reply' --text 'The other one was found.'
  arrival "$karl" 'The other one was found'
  assert_match 'do show: the whole life' 'EVENT by Ann Lee: status: open -> closed' "$(desk_do show "$lesson")"
  assert_equal 'the customer got four mails in all' 4 "$(mailbox_count "$karl")"
}

# nothing_leaked CUSTOMER REGEX: none of what the customer got matches, or has an agent's address.
nothing_leaked() {
  local number all=''
  for number in $(seq "$(mailbox_count "$1")"); do
    all+=$(mailbox_text "$1" "$number")$'\n'
  done
  assert_no_match "$1 got no word that is for agents only" "$2|(ann|jane|john|lead)@bank\\.example" "$all"
}
