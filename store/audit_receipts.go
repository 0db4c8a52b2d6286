package store

// mailWhere says which mail a finding is about: its first four columns are
// receipt, mailbox, UIDVALIDITY and UID.
const mailWhere = "receipt %[1]v (mailbox %[2]v, UIDVALIDITY %[3]v, UID %[4]v)"

const mailColumns = `SELECT r.id, r.source, r.epoch, r.uid`

// receipts holds each receipt to its outcome, its entry and its digest.
func (a *auditor) receipts() error {
	return a.run([]check{
		{outcomeMissing, mailWhere, "its outcome is %[5]q, which is none of the list", 5,
			mailColumns + `, COALESCE(r.outcome, '') FROM receipts AS r
			WHERE r.outcome IS NULL OR r.outcome NOT IN (` + outcomeList() + `) ORDER BY r.id`},
		{outcomeUntrue, mailWhere, "its outcome %[5]q needs a ticket and an entry, and it names none", 5,
			mailColumns + `, r.outcome FROM receipts AS r
			WHERE r.outcome IN ('opened', 'guest-held', 'unreadable') AND (r.ticket IS NULL OR r.entry IS NULL)
				OR r.outcome IN ('appended', 'commanded') AND r.ticket IS NULL ORDER BY r.id`},
		{outcomeUntrue, mailWhere, "it names entry %[5]v, which is not there", 5,
			mailColumns + `, r.entry FROM receipts AS r LEFT JOIN entries AS e ON e.id = r.entry
			WHERE r.entry IS NOT NULL AND e.id IS NULL ORDER BY r.id`},
		// What a bounce or a duplicate names is the entry of another mail.
		{outcomeUntrue, mailWhere, "it names entry %[5]v, which came from another mail or is on another ticket", 5,
			mailColumns + `, r.entry FROM receipts AS r JOIN entries AS e ON e.id = r.entry
			WHERE r.outcome IN ('opened', 'appended', 'commanded', 'machine', 'guest-held', 'unreadable')
				AND (e.receipt IS NULL OR e.receipt <> r.id OR r.ticket IS NULL OR e.ticket <> r.ticket) ORDER BY r.id`},
		{outcomeUntrue, mailWhere, "entry %[5]v came from it, and it does not say so", 5,
			mailColumns + `, e.id FROM entries AS e JOIN receipts AS r ON r.id = e.receipt
			WHERE r.entry IS NULL OR r.entry <> e.id OR r.ticket IS NULL OR r.ticket <> e.ticket ORDER BY r.id`},
		{digestUnclear, mailWhere, "it counts as the first of its content under a digest that is not its own", 4,
			mailColumns + ` FROM receipts AS r
			WHERE r.dedupe IS NOT NULL AND (r.digest IS NULL OR r.dedupe <> r.digest OR r.identity <> 'message-id') ORDER BY r.id`},
		{digestUnclear, mailWhere, "no mail counts as the first of its content", 4,
			mailColumns + ` FROM receipts AS r
			WHERE r.identity = 'message-id' AND r.dedupe IS NULL
				AND NOT EXISTS (SELECT 1 FROM receipts AS first WHERE first.dedupe = r.digest) ORDER BY r.id`},
	})
}

// marks holds the marks of mailboxes to the rows below them. Up to where a
// mailbox was swept a UID without a row is that of a mail which was gone before
// the desk saw it; the mark itself is always that of a row. Above it the mark is
// found by walking along rows, so it can not pass over a gap.
func (a *auditor) marks() error {
	return a.run([]check{
		{uidMissing, "mailbox %[1]v, UIDVALIDITY %[2]v, UID %[3]v", "it was read up to this UID, which has neither receipt nor failure", 3,
			`SELECT p.source, p.epoch, p.swept FROM epochs AS p
			WHERE p.swept > 0
				AND NOT EXISTS (SELECT 1 FROM receipts AS r WHERE r.source = p.source AND r.epoch = p.epoch AND r.uid = p.swept)
				AND NOT EXISTS (SELECT 1 FROM failures AS f WHERE f.source = p.source AND f.epoch = p.epoch AND f.uid = p.swept)
			ORDER BY p.id`},
		{numberingUnknown, "mailbox %[1]v, UIDVALIDITY %[2]v", "%[3]v mails were taken under this numbering, which is not remembered", 3,
			`SELECT r.source, r.epoch, COUNT(*) FROM receipts AS r
			LEFT JOIN epochs AS p ON p.source = r.source AND p.epoch = r.epoch
			WHERE p.id IS NULL GROUP BY r.source, r.epoch ORDER BY r.source, r.epoch`},
		{failureTaken, mailWhere, "a failure (%[5]v) is booked beside its receipt", 5,
			mailColumns + `, f.stage FROM failures AS f JOIN receipts AS r ON r.source = f.source AND r.epoch = f.epoch AND r.uid = f.uid
			ORDER BY r.id`},
	})
}

// references demands that the raw mail of everything is there. That of a receipt
// is held by the engine too, which a damaged file does not stop.
func (a *auditor) references() error {
	return a.run([]check{
		{mailMissing, mailWhere, "its raw mail %[5]v is not there", 5,
			mailColumns + `, r.raw FROM receipts AS r LEFT JOIN blobs AS b ON b.sum = r.raw
			WHERE r.raw IS NOT NULL AND b.id IS NULL ORDER BY r.id`},
		{mailMissing, mailWhere, "it has no raw mail, though the mail had %[5]v bytes", 5,
			mailColumns + `, r.raw_size FROM receipts AS r WHERE r.raw IS NULL AND r.raw_size > 0 ORDER BY r.id`},
		{mailDamaged, mailWhere, "its raw mail has %[6]v bytes, and %[5]v were taken", 6,
			mailColumns + `, r.raw_size, b.size FROM receipts AS r JOIN blobs AS b ON b.sum = r.raw WHERE b.size <> r.raw_size ORDER BY r.id`},
		{mailMissing, "attachment %[1]v (%[2]v)", "the raw mail %[3]v that holds it is not there", 3,
			`SELECT f.id, f.name, f.raw FROM files AS f LEFT JOIN blobs AS b ON b.sum = f.raw
			WHERE f.raw IS NOT NULL AND b.id IS NULL ORDER BY f.id`},
	})
}
