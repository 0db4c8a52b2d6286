// Package inbound reads the desk's mailboxes over IMAP and hands each mail to
// the desk, once.
//
// A [Poller] watches one mailbox. A sweep asks the server for every UID above
// the last one committed, fetches, reads and classifies the mails, and hands
// them to the desk in groups; only after the desk has committed is the server
// told (flag, move). What is done is known from the desk's receipts alone: the
// \Seen flag, dates and sequence numbers mean nothing. Between sweeps the
// poller waits in IDLE, and looks by itself now and then in case the server
// forgets to push.
//
// One mail that can not be fetched or read is tried again, after the others, and
// in the end becomes a ticket with whatever there is. That a mail was listed and
// has no receipt is never passed over: once a day, and after each start, a sweep
// compares the whole mailbox with the receipts. A fault of
// the connection or the store ends the sweep, which begins again later where
// the last commit was.
//
// Below stand imapbox, one connection made safe; mime, which reads any mail;
// and trim, which finds what was newly written.
package inbound
