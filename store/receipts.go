package store

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"time"

	"deskpost/ticket"
	"deskpost/ticket/failpoint"
)

const (
	insertReceipt = `
		INSERT INTO receipts (source, epoch, uid, digest, dedupe, identity, received_at, raw, raw_size, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT DO NOTHING
		RETURNING id`
	receiptByUID    = `SELECT id FROM receipts WHERE source = $1 AND epoch = $2 AND uid = $3`
	receiptByDedupe = `SELECT id FROM receipts WHERE dedupe = $1`

	// The epochs of a source, and of the mailbox whose folder it is, with how many
	// mails without a key each holds that have this digest and INTERNALDATE.
	countUnkeyed = `
		SELECT source, epoch, COUNT(*) FROM receipts
		WHERE source IN ($1, $2) AND digest = $3 AND received_at = $4 AND identity = 'none'
		GROUP BY source, epoch ORDER BY MIN(id)`
	nthUnkeyed = `
		SELECT id FROM receipts
		WHERE source = $1 AND digest = $2 AND received_at = $3 AND identity = 'none' AND epoch = $4
		ORDER BY id LIMIT 1 OFFSET $5`
)

// Receive implements ticket.Receipts. Where another transaction takes the same
// mail at the same time, the insert waits for its end and then adds nothing; the
// second look finds what it left.
//
// Several pollers would count what an address was sent, and find a ticket to
// append to, each without what the others are just writing. So only one
// transaction takes mail at a time.
func (t *tx) Receive(r *ticket.Receipt) (ticket.Sight, int64, error) {
	const looks = 3
	if err := t.holdIntake(); err != nil {
		return 0, 0, err
	}
	for range looks {
		sight, earlier, err := t.receive(r)
		if !errors.Is(err, errTaken) {
			return sight, earlier, err
		}
	}
	return 0, 0, fmt.Errorf("receive UID %d of %s: other transactions change its receipt all the time", r.UID, r.Source)
}

// holdIntake waits until no other transaction takes mail.
func (t *tx) holdIntake() error {
	if t.intake || t.dialect.intake == "" {
		return nil
	}
	if _, err := t.exec(t.dialect.intake, intakeClass); err != nil {
		return fmt.Errorf("wait for other mail to be taken: %w", err)
	}
	t.intake = true
	return nil
}

// errTaken says that another transaction has just taken the mail.
var errTaken = errors.New("taken meanwhile")

func (t *tx) receive(r *ticket.Receipt) (ticket.Sight, int64, error) {
	var earlier int64
	switch err := t.one(receiptByUID, args{r.Source, r.Epoch, r.UID}, &earlier); {
	case err == nil:
		return ticket.Again, earlier, nil
	case !errors.Is(err, ticket.ErrNotFound):
		return 0, 0, err
	}
	earlier, err := t.sameMail(r)
	if err != nil {
		return 0, 0, err
	}
	if err := t.keepRaw(&r.Raw, r.At); err != nil {
		return 0, 0, err
	}
	if err := t.meetEpoch(r.Source, r.Epoch); err != nil {
		return 0, 0, err
	}
	var dedupe any
	if r.Keyed && earlier == 0 {
		dedupe = sumOf(r.Digest)
	}
	err = t.insert(insertReceipt, args{r.Source, r.Epoch, r.UID, sumOf(r.Digest), dedupe, word(r.Keyed, "message-id", "none"),
		ms(r.Received), sumOf(r.Raw.Sum), r.Raw.Size, ms(r.At)}, &r.ID)
	switch {
	case errors.Is(err, ticket.ErrNotFound):
		return 0, 0, errTaken
	case err != nil:
		return 0, 0, err
	case earlier != 0:
		return ticket.Another, earlier, failpoint.Here("store.receipt")
	}
	return ticket.Fresh, 0, failpoint.Here("store.receipt")
}

// sameMail finds the receipt of which r is a second sight under another number;
// 0 if there is none.
func (t *tx) sameMail(r *ticket.Receipt) (int64, error) {
	var earlier int64
	if r.Keyed {
		err := t.one(receiptByDedupe, args{sumOf(r.Digest)}, &earlier)
		if errors.Is(err, ticket.ErrNotFound) {
			return 0, nil
		}
		return earlier, err
	}
	// Nothing tells two equal mails without a key apart, but a renumbering brings
	// back as many as there were: the n-th here is the n-th of the other epoch.
	// The same is true of the folder that a mailbox's mail is moved to.
	// No unique value guards the count, so nobody else may add to it meanwhile.
	if err := t.holdSource(r.Source); err != nil {
		return 0, err
	}
	type tally struct {
		source string
		epoch  uint32
		mails  int64
	}
	tallies, err := rows(t, func(s scan) (c tally, err error) { return c, s(&c.source, &c.epoch, &c.mails) }, countUnkeyed,
		r.Source, ticket.MailboxOf(r.Source), sumOf(r.Digest), ms(r.Received))
	if err != nil {
		return 0, err
	}
	var here int64
	var most tally
	for _, c := range tallies {
		switch {
		case c.source == r.Source && c.epoch == r.Epoch:
			here = c.mails
		case c.mails > most.mails:
			most = c
		}
	}
	if most.mails <= here {
		return 0, nil
	}
	return earlier, t.one(nthUnkeyed, args{most.source, sumOf(r.Digest), ms(r.Received), most.epoch, here}, &earlier)
}

// keepRaw writes the raw mail that travels with a receipt, and checks that one
// that does not is there.
func (t *tx) keepRaw(b *ticket.Blob, at time.Time) error {
	if b.Inline == nil {
		if b.Sum == (ticket.Sum{}) {
			return nil
		}
		var id int64
		err := t.one(blobBySum, args{sumOf(b.Sum)}, &id)
		if errors.Is(err, ticket.ErrNotFound) {
			return fmt.Errorf("raw mail %x is not in the store: %w", b.Sum, err)
		}
		return err
	}
	if err := checkInline(b); err != nil {
		return err
	}
	return t.putBlob(*b, at)
}

// checkInline demands that bytes in memory are those that a blob names.
func checkInline(b *ticket.Blob) error {
	if b.Sum != ticket.Sum(sha256.Sum256(b.Inline)) || b.Size != int64(len(b.Inline)) {
		return fmt.Errorf("raw mail %x does not have the sum and size that name it", b.Sum)
	}
	return nil
}

const concludeReceipt = `
	UPDATE receipts SET outcome = $2, ticket = $3, entry = $4, reasons = $5, message_id = $6, sender = $7, subject = $8
	WHERE id = $1`

// Conclude implements ticket.Receipts.
func (t *tx) Conclude(receipt int64, c ticket.Conclusion, m ticket.Mail) error {
	return t.must(concludeReceipt, receipt, string(c.Outcome), ref(c.Ticket), ref(c.Entry), jsonOf(c.Reasons),
		m.MessageID, m.From.Email, m.Subject)
}

const takenColumns = `id, source, epoch, uid, digest, identity, received_at, raw, raw_size, at,
	COALESCE(outcome, ''), ticket, entry, reasons, message_id, sender, subject, after_done_at`

func scanTaken(s scan) (ticket.Taken, error) {
	var k ticket.Taken
	err := s(takenFields(&k)...)
	return k, err
}

func takenFields(k *ticket.Taken) []any {
	return []any{&k.ID, &k.Source, &k.Epoch, &k.UID, sumTo{&k.Digest}, wordTo{&k.Keyed, "message-id"},
		instant{&k.Received}, sumTo{&k.Raw.Sum}, &k.Raw.Size, instant{&k.At},
		&k.Outcome, refTo[ticket.Number]{&k.Ticket}, refTo[int64]{&k.Entry}, jsonTo[[]string]{&k.Reasons},
		&k.MessageID, &k.From, &k.Subject, instant{&k.AfterDone}}
}

// Taken implements ticket.Receipts.
func (t *tx) Taken(receipt int64) (ticket.Taken, error) {
	var k ticket.Taken
	err := t.one(`SELECT `+takenColumns+` FROM receipts WHERE id = $1`, args{receipt}, takenFields(&k)...)
	return k, err
}

// TakenOn implements ticket.Receipts.
func (t *tx) TakenOn(n ticket.Number) ([]ticket.Taken, error) {
	return rows(t, scanTaken, `SELECT `+takenColumns+` FROM receipts WHERE ticket = $1 ORDER BY id`, int64(n))
}

// TakenUID implements ticket.Receipts.
func (t *tx) TakenUID(source string, epoch, uid uint32) (ticket.Taken, error) {
	var k ticket.Taken
	if epoch == 0 {
		err := t.one(`SELECT `+takenColumns+` FROM receipts WHERE source = $1 AND uid = $2 ORDER BY id DESC LIMIT 1`,
			args{source, uid}, takenFields(&k)...)
		return k, err
	}
	err := t.one(`SELECT `+takenColumns+` FROM receipts WHERE source = $1 AND epoch = $2 AND uid = $3`,
		args{source, epoch, uid}, takenFields(&k)...)
	return k, err
}

// SkipBefore implements ticket.Receipts.
func (t *tx) SkipBefore(source string, epoch uint32, uids []uint32, received []time.Time, at time.Time) error {
	if len(uids) != len(received) {
		return fmt.Errorf("%d UIDs with %d instants", len(uids), len(received))
	}
	if len(uids) == 0 {
		return nil
	}
	if err := t.meetEpoch(source, epoch); err != nil {
		return err
	}
	for i, uid := range uids {
		_, err := t.exec(`
			INSERT INTO receipts (source, epoch, uid, identity, received_at, raw_size, at, outcome)
			VALUES ($1, $2, $3, 'none', $4, 0, $5, 'before-baseline')
			ON CONFLICT (source, epoch, uid) DO NOTHING`,
			source, epoch, uid, ms(received[i]), ms(at))
		if err != nil {
			return err
		}
	}
	// One that had failed before is no longer to be tried again.
	_, err := t.exec(`
		DELETE FROM failures WHERE source = $1 AND epoch = $2 AND EXISTS (
			SELECT 1 FROM receipts AS r WHERE r.source = $1 AND r.epoch = $2 AND r.uid = failures.uid)`, source, epoch)
	return err
}

const afterPending = `SELECT ` + takenColumns + ` FROM receipts
	WHERE source = $1 AND epoch = $2 AND after_done_at IS NULL AND outcome <> 'before-baseline'
	ORDER BY id LIMIT $3`

// AfterPending implements ticket.Receipts. Mail from before the baseline is
// left alone on the server, so it is never pending.
func (t *tx) AfterPending(source string, epoch uint32, limit int) ([]ticket.Taken, error) {
	return rows(t, scanTaken, afterPending, source, epoch, limit)
}

// AfterDone implements ticket.Receipts.
func (t *tx) AfterDone(source string, epoch uint32, uids []uint32, at time.Time) error {
	for _, uid := range uids {
		_, err := t.exec(`UPDATE receipts SET after_done_at = $4 WHERE source = $1 AND epoch = $2 AND uid = $3`,
			source, epoch, uid, ms(at))
		if err != nil {
			return err
		}
	}
	return nil
}

// Outcomes implements ticket.Receipts.
func (t *tx) Outcomes() (map[ticket.Outcome]int, error) {
	type tally struct {
		outcome ticket.Outcome
		mails   int
	}
	tallies, err := rows(t, func(s scan) (c tally, err error) { return c, s(&c.outcome, &c.mails) },
		`SELECT outcome, COUNT(*) FROM receipts WHERE outcome IS NOT NULL GROUP BY outcome`)
	if err != nil {
		return nil, err
	}
	counts := make(map[ticket.Outcome]int)
	for _, c := range tallies {
		counts[c.outcome] = c.mails
	}
	return counts, nil
}

// withRow lists the UIDs between two that have a receipt or a failure.
const withRow = `
	SELECT uid FROM receipts WHERE source = $1 AND epoch = $2 AND uid BETWEEN $3 AND $4
	UNION ALL
	SELECT uid FROM failures WHERE source = $1 AND epoch = $2 AND uid BETWEEN $3 AND $4`

// Missing implements ticket.Receipts.
func (t *tx) Missing(source string, epoch uint32, uids []uint32) ([]uint32, error) {
	if len(uids) == 0 {
		return nil, nil
	}
	first, last := uint32(math.MaxUint32), uint32(0)
	for _, uid := range uids {
		first, last = min(first, uid), max(last, uid)
	}
	there, err := rows(t, scalar[uint32], withRow, source, epoch, first, last)
	if err != nil {
		return nil, err
	}
	known := make(map[uint32]bool, len(there))
	for _, uid := range there {
		known[uid] = true
	}
	var missing []uint32
	for _, uid := range uids {
		if !known[uid] {
			missing = append(missing, uid)
		}
	}
	return missing, nil
}
