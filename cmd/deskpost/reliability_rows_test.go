package main

// A promise is one sentence an operator may hold the desk to, with the rows of
// faults that show it.
type promise struct {
	id, says string
	rows     []string
	also     string // what else shows it; may be empty
}

var promises = []promise{
	{id: "P1", says: "Nothing is flagged, moved or deleted on the mail server before the mail is committed, with fsync, in the desk's database. What the server is told may be told again at any time.",
		rows: []string{"F01", "F02", "F03", "F04", "F05", "F06", "F07", "F08"}},
	{id: "P2", says: "What is still to be read is decided by mailbox, UIDVALIDITY and UID alone. Whether a mail is seen, how old it is and what Message-ID it has does not decide whether it is taken.",
		rows: []string{"F20", "F21", "F22", "F23", "F24", "F25", "F26", "F27"}},
	{id: "P3", says: "Each mail that was taken has exactly one outcome out of a closed list, and `deskpost explain` says why.",
		also: "The outcomes and their reasons are pinned by the tests of `ticket` and by the suite in `store/storetest`."},
	{id: "P4", says: "Two mails are the same only if their content is. An equal Message-ID with other content is another mail.",
		rows: []string{"F26"}},
	{id: "P5", says: "Each mail that goes out is a row of the outbox, written in the transaction that causes it. It is tried until the relay takes or refuses it, for each recipient by itself, and each attempt sends the same bytes with the same Message-ID.",
		rows: []string{"F30", "F31", "F32", "F33", "F34", "F35", "F36", "F37", "F38", "F39", "F40", "F41"}},
	{id: "P6", says: "What happens by time happens once for each ticket and due instant, whatever the clock does and however often the desk is started.",
		rows: []string{"F50", "F51", "F52", "F53", "F54", "F55", "F56"}},
	{id: "P7", says: "A mail joins a ticket only by a token of ours or an answer to a Message-ID of ours, and only if its sender takes part in the ticket.",
		also: "Shown by the property tests of `ticket` (`TestRandomLives`) and the tests beside them; it is no matter of faults."},
	{id: "P8", says: "A command counts only from an agent's address, with proof of who sent it, and while the agent may still give it.",
		also: "Shown by `ticket/authority_test.go` and `inbound/auth_test.go`; it is no matter of faults."},
	{id: "P9", says: "Mail that a program wrote is stored and never answered, and nobody gets more automatic mail than the caps allow.",
		also: "Shown by `inbound/classify_test.go`, `ticket/flood_test.go` and `ticket.TestAcknowledgementHarmsNobody`; it is no matter of faults."},
	{id: "P10", says: "The raw mail is kept unchanged.",
		also: "Shown by `inbound.TestSizes`, and by CI over every mail of the test corpus (`.ci/corpus.sh`)."},
	{id: "P11", says: "A backup taken while the desk runs can be restored, and what came after it is taken from the mail server again, each mail once.",
		rows: []string{"F17"}},
}

// A fault is one row of the page: what goes wrong, and what must come out.
type fault struct {
	id, goesWrong, mustComeOut string
	remark                     string // what the tests do not cover; may be empty
}

// A faultGroup is a table of the page.
type faultGroup struct {
	title  string
	faults []fault
}

var faultGroups = []faultGroup{
	{"The process dies", []fault{
		{id: "F01", goesWrong: "Killed before a mail is fetched, in its middle, or after its last byte", mustComeOut: "the next start takes it; one ticket"},
		{id: "F02", goesWrong: "Killed with the raw mail written and nothing committed", mustComeOut: "no half row; the orphan is collected; one ticket"},
		{id: "F03", goesWrong: "Killed after the commit, before the mail server is told", mustComeOut: "the next start tells the server, and opens no second ticket"},
		{id: "F04", goesWrong: "Killed between the steps of a move (copy, flag, expunge)", mustComeOut: "the mail is on the server at least once"},
		{id: "F05", goesWrong: "Killed while reading a mail, in the transaction, or while queuing notices", mustComeOut: "all of it or nothing; the next start does it"},
		{id: "F06", goesWrong: "A mail at which the program fails each time", mustComeOut: "after its tries it is set aside with its raw bytes, the others go on, and somebody is told"},
		{id: "F07", goesWrong: "Killed between the relay's 250 and our note of it", mustComeOut: "sent again with the same bytes and Message-ID, or not at all if its copy came by"},
		{id: "F08", goesWrong: "Killed in the middle of work that is due by time", mustComeOut: "the rest is done, nothing twice"},
		{id: "F09", goesWrong: "Killed in a migration of the database; an older program on a newer database", mustComeOut: "the migration is whole or not at all; the older one refuses and changes nothing"},
	}},
	{"Disk and database", []fault{
		{id: "F10", goesWrong: "Disk full at any write", mustComeOut: "the server is told of nothing that is not kept; it says so once and heals by itself"},
		{id: "F11", goesWrong: "No inodes left", mustComeOut: "as F10"},
		{id: "F12", goesWrong: "The disk reports an error", mustComeOut: "no fsync is tried twice; the program ends, and the next start checks the database first"},
		{id: "F13", goesWrong: "Another process holds the write lock for a minute", mustComeOut: "wait and try again; nothing is lost"},
		{id: "F14", goesWrong: "The database is damaged, cut short, not a database, or empty", mustComeOut: "refuse to take mail, delete nothing on the server, say how to restore"},
		{id: "F15", goesWrong: "Two daemons, or a daemon and commands, on one database", mustComeOut: "the second refuses or waits; commands share"},
		{id: "F16", goesWrong: "Read-only file system, wrong owner", mustComeOut: "a clear message, exit status 1, mail stays on the server"},
		{id: "F17", goesWrong: "Backup while mail is written; a day-old backup restored", mustComeOut: "it verifies; later mail comes again once; what was queued is held and listed"},
		{id: "F18", goesWrong: "Power loss", mustComeOut: "what the server was told is in the database"},
		{id: "F19", goesWrong: "SIGTERM under load; SIGHUP with a broken config", mustComeOut: "ends within its limit with the mail in hand finished or undone; keeps the old config",
			remark: "The limit is 45 seconds. See [architecture.md](architecture.md#how-it-stops) for why it is not 15."},
	}},
	{"The mailbox (IMAP)", []fault{
		{id: "F20", goesWrong: "The connection is cut after any byte: greeting, login, selection, answer, within a mail, before the tagged OK", mustComeOut: "a mail counts only if all its bytes and the end of its answer came; connect again after 1 s, doubling up to 5 min, with jitter",
			remark: "A mail that is followed by the next one counts before the tagged OK comes: by then all announced bytes and the end of its answer were seen."},
		{id: "F21", goesWrong: "UIDVALIDITY changes: the same mails, new mails on old numbers, during a session", mustComeOut: "the old numbers count no more, all mails are compared by content, none twice, none missed; the log says so"},
		{id: "F22", goesWrong: "Another client deletes, moves or reads mail while we work", mustComeOut: "read mail is taken; what was listed and went is written to the log; no endless loop"},
		{id: "F23", goesWrong: "Sequence numbers shift while we work", mustComeOut: "all taken"},
		{id: "F24", goesWrong: "The server lies: sizes, literals, NIL, empty mails, numbers nobody asked for, the same answer twice, UID 0, falling UIDs, a shrinking folder", mustComeOut: "limits hold while reading; a wrong frame ends the connection and keeps nothing; a wrong size is fetched once more and taken if it is the same; a mail that never comes becomes a ticket that says what is known of it"},
		{id: "F25", goesWrong: "The server refuses one mail, or hangs up at it", mustComeOut: "the others go on; after five tries a ticket says so"},
		{id: "F26", goesWrong: "The same mail by two ways; the same Message-ID with other content; two equal mails without one", mustComeOut: "one mail in the first case, two in the others"},
		{id: "F27", goesWrong: "The desk is down for ten days while people read the mailbox", mustComeOut: "every mail is taken; no acknowledgement for mail older than a day"},
		{id: "F28", goesWrong: "No MOVE, UIDPLUS, IDLE or LITERAL+, UTF8=ACCEPT, IMAP4rev2, other separators, a folder that is gone or read-only, OVERQUOTA", mustComeOut: "works, or says what is needed; no mail is deleted whose copy failed"},
		{id: "F29", goesWrong: "Login refused, bad certificate, STARTTLS removed, PREAUTH, BYE, ALERT, UNAVAILABLE, a greeting of 100 MB", mustComeOut: "no password in clear; one try in five minutes after a refusal; logged; lines are bounded",
			remark: "Each failed try is an error in the log, with how long it has lasted. There is no other alarm yet."},
	}},
	{"The relay (SMTP)", []fault{
		{id: "F30", goesWrong: "421 at once, EHLO refused, 454 for TLS, 535 for the sign-in", mustComeOut: "the queue holds without using up tries; a refused sign-in holds everything and is logged"},
		{id: "F31", goesWrong: "450 or 451 for a recipient (greylisting), then taken", mustComeOut: "sent on a later try, once"},
		{id: "F32", goesWrong: "550 for one of three recipients, 452 for another, 250 for the third", mustComeOut: "each has a state of its own; only the 452 is tried again; the 550 is shown at the ticket"},
		{id: "F33", goesWrong: "552 for the size, 554 after the mail, 5xx for the sender", mustComeOut: "given up, shown at the ticket, the agent told once, the text kept"},
		{id: "F34", goesWrong: "Cut after the final dot, before the answer", mustComeOut: "tried again with the same Message-ID"},
		{id: "F35", goesWrong: "The answer comes after our time-out, or is lost", mustComeOut: "at most one double each, in the log"},
		{id: "F36", goesWrong: "The relay drips its answers, or stops reading", mustComeOut: "each step and the whole mail have a limit; other mail goes on meanwhile",
			remark: "There are two connections: two mails that drip at the same time hold up the third, for ten minutes at most."},
		{id: "F37", goesWrong: "Answers of many lines, unknown, not ASCII, of 10 MB, malformed; 250 for everything", mustComeOut: "reading is bounded; what is unknown counts as temporary",
			remark: "A relay that says 250 and keeps nothing can not be told from one that does."},
		{id: "F38", goesWrong: "Taken, then bounced: for good, delayed, several recipients", mustComeOut: "the state is on the ticket, a delay is a note; nobody is answered"},
		{id: "F39", goesWrong: "No 8BITMIME, no SMTPUTF8, SIZE too small, no PIPELINING, CHUNKING", mustComeOut: "sent in 7 bit; an address that needs SMTPUTF8 is refused and shown"},
		{id: "F40", goesWrong: "10,000 mails wait when the relay comes back", mustComeOut: "drained in order for each ticket, agents' answers first, over a bounded number of connections",
			remark: "Two connections, after the first mail of a round is through. With several nodes on one database each has its own."},
		{id: "F41", goesWrong: "While a notice waits its agent is disabled, or its ticket changes", mustComeOut: "dropped, with the reason in the diary",
			remark: "Merging and deleting tickets do not exist yet."},
	}},
	{"Time", []fault{
		{id: "F50", goesWrong: "The clock jumps: back an hour or a year, on two days, to 1970, beyond 2038, to 9999", mustComeOut: "nothing due by time happens twice; before 2020 nothing does at all"},
		{id: "F51", goesWrong: "Daylight saving begins or ends", mustComeOut: "due instants are UTC; people read the desk's zone"},
		{id: "F52", goesWrong: "Work by time overlaps, was missed for days, or runs twice", mustComeOut: "one runs; all that was missed is done once",
			remark: "The work by time is part of the daemon; there is no command for cron to run."},
		{id: "F53", goesWrong: "No zone data on the machine; another TZ; a zone that is not known", mustComeOut: "the program carries its own; an unknown zone is refused at the start"},
		{id: "F54", goesWrong: "Holidays or hours are edited while deadlines run", mustComeOut: "deadlines are computed anew, once and with an event; what has fired stays fired"},
		{id: "F55", goesWrong: "A mail's Date is missing, in 1970, in 2090, or nonsense", mustComeOut: "what counts is when it reached the mailbox, and never the future"},
		{id: "F56", goesWrong: "The machine sleeps for eight hours", mustComeOut: "connections are made anew, nothing fails for good"},
	}},
}

// faultsNotShown says of rows without a test why they have none. A row with a
// test must not be here.
var faultsNotShown = map[string]string{}
