package inbound

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// inspectRow is what other projects say of one file of the corpus.
type inspectRow struct {
	Source, File, Kind string
	Expect             struct {
		ReplyText       *string `json:"reply_text"`
		ReplyStartsWith *string `json:"reply_starts_with"`
		IsBounce        *bool   `json:"is_bounce"`
		Bounces         []struct {
			Recipient, Status string
			Permanent         *bool
		}
	}
}

// TestInspectCorpus holds the trimmer and the classifier to what was measured.
// Not all of the corpus's expectations are ours: some sources cut what the
// sender wrote between quotes, or count a read receipt as a bounce.
func TestInspectCorpus(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("DESKPOST_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "shared")
	} else if !filepath.IsAbs(shared) {
		shared = filepath.Join("..", shared)
	}
	list, err := os.Open(filepath.Join(shared, "corpus", "open.jsonl"))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("corpus absent: %v", err)
		}
		t.Skipf("corpus absent, set DESKPOST_SHARED: %v", err)
	}
	defer list.Close()
	got, of := map[string]int{}, map[string]int{}
	count := func(field string, holds bool) {
		of[field]++
		if holds {
			got[field]++
		}
	}
	lines := bufio.NewScanner(list)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row inspectRow
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if row.Kind != "mail" && row.Kind != "body-text" && row.Kind != "body-html" {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(shared, "corpus", "open", row.Source, row.File))
		if err != nil {
			t.Fatal(err)
		}
		countRow(row, inspectFile(t, row, raw), count)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	for field, floor := range map[string]int{
		"reply_text": 65, "reply_starts_with": 31, "reply_not_empty": 71, "bounce_seen": 345, "bounce_status": 214, "bounce_permanent": 211,
	} {
		t.Logf("%s: %d of %d", field, got[field], of[field])
		if got[field] < floor {
			t.Errorf("%s: %d of %d hold, want %d at least", field, got[field], of[field], floor)
		}
	}
}

func inspectFile(t *testing.T, row inspectRow, raw []byte) Inspection {
	t.Helper()
	if row.Kind != "mail" {
		return InspectBody(row.File, string(raw), row.Kind == "body-html")
	}
	in, err := Inspect(row.File, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func countRow(row inspectRow, in Inspection, count func(field string, holds bool)) {
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	if want := row.Expect.ReplyText; want != nil {
		count("reply_text", squeeze(*want) == squeeze(in.NewText))
		if squeeze(*want) != "" {
			count("reply_not_empty", squeeze(in.NewText) != "")
		}
	}
	if want := row.Expect.ReplyStartsWith; want != nil {
		count("reply_starts_with", strings.HasPrefix(squeeze(in.NewText), squeeze(*want)))
	}
	if want := row.Expect.IsBounce; len(row.Expect.Bounces) > 0 || want != nil && *want {
		count("bounce_seen", in.Kind != KindMessage && in.Kind != KindList)
	}
	for _, want := range row.Expect.Bounces {
		i := slices.IndexFunc(in.Bounces, func(b InspectedBounce) bool { return strings.EqualFold(b.Recipient, want.Recipient) })
		if i < 0 {
			i = slices.IndexFunc(in.Bounces, func(b InspectedBounce) bool { return b.Status == want.Status })
		}
		if want.Status != "" {
			count("bounce_status", i >= 0 && in.Bounces[i].Status == want.Status)
		}
		if want.Permanent != nil {
			count("bounce_permanent", i >= 0 && in.Bounces[i].Permanent == *want.Permanent)
		}
	}
}
