// Package mailer turns queued notices into mail and submits it over SMTP.
//
// A [Sender] claims notices from the desk, has them worded by package
// templates, writes them down with [Compose] and hands them to a [Relay], one
// recipient's answer at a time. What it knows of a mail is in the notice; so
// the queue survives a crash, and every attempt sends the same bytes.
//
// Three rules keep mail from being lost or sent twice. An attempt is booked
// before it begins and lasts no longer than its lease. Only a 5xx of the
// server is a refusal; everything unknown means to try again. And once the last
// byte is out, silence is doubt, which the desk settles by the echo of the mail
// in its own mailbox.
package mailer
