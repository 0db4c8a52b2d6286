package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deskpost/store/enginetest"
)

// TestSalvageNamesTheBucket demands that mail in a bucket does not count as lost
// with the file: where its receipt was, the object is named.
func TestSalvageNamesTheBucket(t *testing.T) {
	t.Parallel()
	url, bucket, dir := enginetest.SQLite(t), newMemBucket(), filepath.Join(t.TempDir(), "out")
	workedDesk(t, url, WithBucket(bucket))
	done, err := Salvage(t.Context(), url, dir)
	if err != nil || done.InBucket != 4 || done.Mails != 0 || done.Broken != 0 || len(done.Lost) != 0 {
		t.Errorf("salvaged %+v, %v", done, err)
	}
	named, err := os.ReadFile(filepath.Join(dir, "ticket-1002", "receipt-2.bucket.txt"))
	if _, there := bucket.objects[strings.TrimSpace(string(named))]; err != nil || !there {
		t.Errorf("receipt 2 names the object %q, %v", named, err)
	}
}
