package store

// A findingKind is what findings of one code have in common.
type findingKind struct {
	Code   string
	Means  string
	Mend   string
	Remark bool
}

// What to do about most findings is one of these.
const (
	restoreMend = "stop deskpost, keep the database as it is, write out what can be read with deskpost verify --salvage DIR, " +
		"and restore the last backup with deskpost restore; the mail that came since is still on the mail server and will be taken"
	reportMend = "the desk can go on working; keep the output of deskpost verify --json and report it, " +
		"and restore the last backup that is clean if the ticket is needed as it was"
	readMend = "see with deskpost explain which mail it is, deal with it by hand, and report it"
)

// The kinds of findings. docs/troubleshooting.md lists them.
var (
	fileDamaged      = findingKind{Code: "file-damaged", Means: "The database file can not be read, or its pages contradict each other: the disk failed, or something else wrote to it.", Mend: restoreMend}
	referenceBroken  = findingKind{Code: "reference-broken", Means: "A row names one that is not there.", Mend: restoreMend}
	outcomeMissing   = findingKind{Code: "outcome-missing", Means: "A mail was taken and has no outcome of the list. Mails taken and outcomes must add up.", Mend: readMend}
	outcomeUntrue    = findingKind{Code: "outcome-untrue", Means: "The receipt of a mail says that it became part of a ticket, and ticket or thread do not say so.", Mend: readMend}
	uidMissing       = findingKind{Code: "uid-missing", Means: "A mailbox was read up to a UID that has neither a receipt nor a failure.", Mend: "restart deskpost: at its start it compares the whole mailbox with its receipts and takes what is missing; then report it"}
	numberingUnknown = findingKind{Code: "numbering-unknown", Means: "Mail was taken under a numbering (UIDVALIDITY) of its mailbox that the desk does not remember.", Mend: reportMend}
	failureTaken     = findingKind{Code: "failure-taken", Means: "A mail is still listed as one that could not be taken, though it was.", Mend: "nothing is lost; report it if it does not go away", Remark: true}
	digestUnclear    = findingKind{Code: "digest-unclear", Means: "It is not certain which mail is the first of its content, so that a second copy might not be seen as one.", Mend: reportMend}
	mailMissing      = findingKind{Code: "mail-missing", Means: "The raw mail of a receipt or an attachment is not there.", Mend: restoreMend}
	mailDamaged      = findingKind{Code: "mail-damaged", Means: "The bytes of a raw mail are not those that were written: their sum or number differs, or a piece is missing.", Mend: restoreMend}
	objectWrong      = findingKind{Code: "object-wrong", Means: "The object of a raw mail is not in the bucket, or its bytes are not those that were written.", Mend: "restore the object that is named from a version or a copy of the bucket, and look for what removes or changes objects there, such as a lifecycle rule; the desk can go on working"}
	mailElsewhere    = findingKind{Code: "mail-elsewhere", Means: "Raw mail is in a bucket that was not looked at, since only the database was named, as for a backup.", Mend: "to have that mail read too, run deskpost verify with a config that names the database and its bucket", Remark: true}
	mailOrphaned     = findingKind{Code: "mail-orphaned", Means: "A raw mail older than a day belongs to no receipt and no attachment: deskpost died while it was taking it, and took it again later.", Mend: "run deskpost verify --gc; a running deskpost does the same each night"}
	uploadUnfinished = findingKind{Code: "upload-unfinished", Means: "The writing of a raw mail, or the removal of its object from the bucket, began more than a day ago and never ended.", Mend: "run deskpost verify --gc; a running deskpost does the same each night"}
	threadBroken     = findingKind{Code: "thread-broken", Means: "An entry, attachment, event or participant does not belong where it says.", Mend: reportMend}
	ticketUntrue     = findingKind{Code: "ticket-untrue", Means: "A column of a ticket contradicts another one, or its tags and fields are not indexed as they are.", Mend: reportMend}
	diaryUntrue      = findingKind{Code: "diary-untrue", Means: "Replayed from its beginning, the diary of a ticket ends at another state than the ticket's.", Mend: reportMend}
	linkUntrue       = findingKind{Code: "link-untrue", Means: "Merges or links of tickets lead in a circle, or a link is on a ticket that was merged.", Mend: reportMend}
	clockUntrue      = findingKind{Code: "clock-untrue", Means: "Computed again from the diary of a ticket, its service level clocks or its deadline are others than those that are kept.", Mend: "the next change of the ticket, such as a note, computes them anew from its diary; report it"}
	searchUntrue     = findingKind{Code: "search-untrue", Means: "A subject or a text is not indexed as it reads, so that a search misses it or finds it by mistake.", Mend: "nothing is lost; deskpost backup and deskpost restore index every text anew; report it"}
	noticeUntrue     = findingKind{Code: "notice-untrue", Means: "A notice in the outbox contradicts itself: recipients against settlement, attempts, lease or the order in which it is served.", Mend: "see with deskpost explain TICKET whether it was sent, write to the recipient by hand if it was not, and report it"}
	noticeUnsigned   = findingKind{Code: "notice-unsigned", Means: "What identifies a notice was not signed by the key it names, so that answers to it would not be believed.", Mend: "restore the database with its keys from one backup; answers to such a notice come in as new tickets until then"}
	noticeForNobody  = findingKind{Code: "notice-for-nobody", Means: "A notice that still waits is for an agent, or from a department, that the config does not name any more.", Mend: "put the agent or the department back into the config if it should go out as it was meant", Remark: true}
	deliveryUntrue   = findingKind{Code: "delivery-untrue", Means: "What a webhook is to be told contradicts itself: how it ended against when, attempts against its lease, or its body is damaged.", Mend: "see with deskpost webhook show ID what it is; have it sent again with deskpost webhook retry ID, or drop it, and report it"}
	counterBehind    = findingKind{Code: "counter-behind", Means: "The next ticket, notice or delivery would get a number that is in use.", Mend: restoreMend}
	findingKinds     = []findingKind{fileDamaged, referenceBroken, outcomeMissing, outcomeUntrue, uidMissing, numberingUnknown, failureTaken, digestUnclear, mailMissing, mailDamaged, objectWrong, mailElsewhere, mailOrphaned, uploadUnfinished, threadBroken, ticketUntrue, diaryUntrue, linkUntrue, clockUntrue, searchUntrue, noticeUntrue, noticeUnsigned, noticeForNobody, deliveryUntrue, counterBehind}
)
