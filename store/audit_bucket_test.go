package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"deskpost/store/enginetest"
)

// bucketDesk is a worked desk whose raw mail is in a bucket, and an audit of it
// that has the bucket too.
func bucketDesk(t *testing.T) (db *DB, bucket *memBucket, reader *DB) {
	t.Helper()
	url, bucket := enginetest.URL(t), newMemBucket()
	db = workedDesk(t, url, WithBucket(bucket))
	if n := len(bucket.keys()); n != 4 {
		t.Fatalf("%d objects, want those of four mails", n)
	}
	reader, err := OpenToRead(t.Context(), url, WithBucket(bucket), WithClock(func() time.Time { return auditClock }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close() })
	return db, bucket, reader
}

// TestAuditBucket demands that raw mail in a bucket is read there, and that each
// way in which it can be wrong is found.
func TestAuditBucket(t *testing.T) {
	t.Parallel()
	change := func(b *memBucket, how func([]byte) []byte) {
		key := b.keys()[0]
		o := b.objects[key]
		b.objects[key] = memObject{how(slices.Clone(o.bytes)), o.at}
	}
	for name, c := range map[string]struct {
		spoil func(*memBucket)
		want  []string
		quick []string
	}{
		"as it was": {spoil: func(*memBucket) {}},
		"gone": {func(b *memBucket) { delete(b.objects, b.keys()[0]) },
			[]string{objectWrong.Code}, []string{objectWrong.Code}},
		"shorter": {func(b *memBucket) { change(b, func(raw []byte) []byte { return raw[1:] }) },
			[]string{objectWrong.Code}, []string{objectWrong.Code}},
		"other bytes": {func(b *memBucket) { change(b, func(raw []byte) []byte { raw[5]++; return raw }) },
			[]string{objectWrong.Code}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, bucket, reader := bucketDesk(t)
			c.spoil(bucket)
			if codes, tally := audit(t, reader, Audit{}); !slices.Equal(codes, c.want) || tally.Blobs != 4 {
				t.Errorf("found %v in %d blobs, want %v in 4", codes, tally.Blobs, c.want)
			}
			if codes, _ := audit(t, reader, Audit{Quick: true}); !slices.Equal(codes, c.quick) {
				t.Errorf("a quick look found %v, want %v", codes, c.quick)
			}
		})
	}
}

// TestAuditBucketOut demands that a bucket that does not answer is no finding but
// an error: nothing is known of the mail then.
func TestAuditBucketOut(t *testing.T) {
	t.Parallel()
	_, bucket, reader := bucketDesk(t)
	out := errors.New("bucket out of order")
	bucket.fault = func(string, string) error { return out }
	if tally, err := reader.Audit(t.Context(), Audit{}); !errors.Is(err, out) || tally.Findings != 0 {
		t.Errorf("%d findings, %v", tally.Findings, err)
	}
}

// TestAuditRemoval demands that what is being removed from the bucket is a
// finding only after a day.
func TestAuditRemoval(t *testing.T) {
	t.Parallel()
	db, _, reader := bucketDesk(t)
	for age, want := range map[time.Duration][]string{time.Hour: nil, 25 * time.Hour: {uploadUnfinished.Code}} {
		_, err := db.write.Exec(db.dialect.bind(`INSERT INTO blobs (size, made_at, place, dropped_at) VALUES (1, 1000, $1, $2)`),
			"mail/"+age.String(), auditClock.Add(-age).UnixMilli())
		if err != nil {
			t.Fatal(err)
		}
		if codes, _ := audit(t, reader, Audit{}); !slices.Equal(codes, want) {
			t.Errorf("removed for %s: found %v, want %v", age, codes, want)
		}
		if _, err := db.write.Exec(`DELETE FROM blobs WHERE size = 1`); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAuditBackupOfBucket demands that of a backup, which has only the names of
// the mail in the bucket, this is said and nothing is found.
func TestAuditBackupOfBucket(t *testing.T) {
	t.Parallel()
	db, _, _ := bucketDesk(t)
	file, _ := backUp(t, db)
	backup, err := OpenToRead(t.Context(), "sqlite:"+file, WithClock(func() time.Time { return auditClock }))
	if err != nil {
		t.Fatal(err)
	}
	defer backup.Close()
	codes, tally := audit(t, backup, Audit{})
	if !slices.Equal(codes, []string{mailElsewhere.Code}) || tally.Findings != 0 || tally.Remarks != 1 || tally.Blobs != 4 {
		t.Errorf("found %v: %+v", codes, tally)
	}
}
