// Package ticket is the help desk: tickets, what agents may do to them, what
// people are told, and why.
//
// # The one transaction
//
// Every use case is a method of [Desk] and one transaction of its [Store]. The
// use case that takes a mail writes its receipt, what it changes, the diary of
// that change and the notices that follow, together or not at all; only then
// is the mail server told. A crash at any instant leaves a state from which
// the next start goes on.
//
// Nothing here touches the world. Package inbound hands mails in; the mailer
// takes notices out; the store keeps the rest. The rules are plain functions
// of a policy, an instant and what is in the store.
//
// # Words
//
// A ticket is one conversation with a requester. It belongs to a department,
// in which agents have roles, and may be under an SLA plan. Its thread holds
// entries: messages from outside, replies by agents to the participants, and
// notes by agents for agents. Its diary holds events. What the desk owes
// somebody by mail is a notice, a row of the outbox.
//
// # The life of a ticket
//
//	      customer writes                      #resolve             #close, a week of silence
//	(none) ───────▶ new ──────▶ open ─────────────────▶ resolved ──────────▶ closed
//	                     reply   ▲ │ #pending, #hold       │                   │
//	                             │ ▼                       │ customer writes   │
//	                             pending, hold             │ within the        │
//	                             ▲ customer writes,        ▼ reopen window     ▼
//	                             └ follow-up is due      open ◀────────────────┘
//
// After the window a customer's mail opens a new ticket that is linked to the
// old one. A mail that only says thanks opens nothing. Spam and deleted end a
// ticket for everybody but an admin, and merged for good. The table transitions
// has every way there is. An admin may add statuses within ours ([Substatus]); the
// desk treats them as those. A ticket in any status that is not over may be
// snoozed: out of sight for a while.
//
// What belongs to a status dates from when it happened, that is when the mail
// that set it arrived, and so do the reopen window and the clocks of service
// levels. What the desk does by time when it is late dates from the instant that
// was agreed on if it wakes a ticket, and from when it is done if it writes to the
// customer or closes.
//
// # Who may do what
//
// The From header is a claim. A mail joins a ticket by a token that only we can
// make ([Token]); what anybody can write (a subject tag, a foreign Message-ID,
// a reference line) joins only a participant. An agent speaks as an agent only
// with the token of a notice that was sent to that very agent.
package ticket
