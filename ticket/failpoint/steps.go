package failpoint

// Steps says of each step that the code marks what has been done there and what
// has not. They are the places to die between a mail on the server and a note
// that the answer to it went out; a test keeps list and code alike.
var Steps = map[string]string{
	"store.versions":  "the table of schema files is made, in a transaction that is not committed",
	"store.migration": "a schema file has run, its version is not written, nothing is committed",

	"inbound.sweep":       "the folder is open, nothing was listed yet",
	"inbound.fetch":       "mails are listed, none of the group was asked for yet",
	"inbound.literal":     "in the middle of a mail's bytes",
	"inbound.kept":        "a mail's bytes are all there: in memory, or as a named blob",
	"store.upload":        "a large mail's bytes are in the store, under no name yet",
	"inbound.read":        "a mail is parsed, nothing of it was written",
	"store.blob-intended": "with a bucket: the rows of a group are there without a sum, no object was put",
	"store.blob-put":      "with a bucket: the objects of a group are there, their rows have no sum yet",
	"store.blob-named":    "with a bucket: the rows have their sums, no receipt names them yet",
	"store.blob-dropped":  "with a bucket: an orphan's row lost its sum, the object is still there",
	"store.blob-removed":  "with a bucket: an orphan's object is gone, its row is still there",
	"store.receipt":       "in the transaction, after a receipt",
	"store.ticket":        "in the transaction, after a ticket",
	"store.queue":         "in the transaction, after a notice",
	"store.delivery":      "in the transaction, after how a notice's delivery stands",
	"store.commit":        "before any commit",
	"store.committed":     "after any commit, before anybody knows of it",

	"inbound.committed": "a group is taken, the mail server was not told",
	"imapbox.copied":    "without MOVE: mails are copied, the originals not flagged as deleted",
	"imapbox.flagged":   "mails are flagged as deleted, not expunged",
	"inbound.told":      "the mail server was told, which is not noted yet",
	"inbound.noted":     "it is noted that the mail server was told",
	"inbound.swept":     "all mail was taken, which is not noted yet",

	"mailer.claimed":  "notices are claimed, nothing was sent",
	"mailer.mail":     "connected to the relay, no mail begun",
	"mailer.data":     "in the middle of a mail to the relay",
	"mailer.dot":      "all of a mail is written but for the final dot",
	"mailer.answered": "the relay took the mail, which is not noted yet: the gap that SMTP leaves",
	"mailer.settled":  "it is noted how the relay answered",

	"webhook.answered": "a webhook has answered, which is not noted yet",

	// Those of commands, which the daemon never passes.
	"copy.table":      "one table is copied into a backup or a database that is restored",
	"backup.copied":   "a backup is whole, not verified, and has not got its name",
	"backup.renamed":  "a backup has its name",
	"restore.begun":   "the database says that it is being restored, nothing is in it yet",
	"restore.copied":  "in the transaction, after all that a restore writes",
	"restore.renamed": "a restored SQLite file has its name",
}
