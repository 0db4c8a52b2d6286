package mime

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// corpusDir finds the mail corpus, which is not part of the project.
func corpusDir(t *testing.T) string {
	t.Helper()
	shared := os.Getenv("DESKPOST_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	} else if !filepath.IsAbs(shared) {
		shared = filepath.Join("..", "..", shared)
	}
	dir := filepath.Join(shared, "corpus")
	if _, err := os.Stat(filepath.Join(dir, "open.jsonl")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("corpus absent: %v", err)
		}
		t.Skipf("corpus absent, set DESKPOST_SHARED: %v", err)
	}
	return dir
}

type corpusRow struct {
	Source, File, Kind string
	Expect             struct {
		Subject     *string
		FromAddr    *string `json:"from_addr"`
		Attachments []struct {
			Name, SHA256    string
			Size            *int64
			HTMLAlternative bool `json:"html_alternative"`
		}
	}
	Reading struct{ Agrees []string } `json:"cpython_reading"`
}

func corpusRows(t *testing.T, dir string) []corpusRow {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "open.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []corpusRow
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row corpusRow
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// checkMessage fails unless all that Read returned is fit for the store.
func checkMessage(t testing.TB, m *Message) {
	t.Helper()
	texts := append([]string{m.Text, m.HTML, m.Subject, m.MessageID}, m.Problems...)
	texts = append(append(texts, m.InReplyTo...), m.References...)
	for _, list := range [][]Address{m.From, m.Sender, m.ReplyTo, m.To, m.Cc} {
		for _, a := range list {
			texts = append(texts, a.Name, a.Address)
		}
	}
	for _, a := range m.Attachments {
		texts = append(texts, a.Part, a.Name, a.Type, a.ContentID)
	}
	for _, f := range m.Header {
		texts = append(texts, f.Name, m.Header.Get(f.Name))
	}
	if m.Report != nil {
		for _, r := range m.Report.Recipients {
			texts = append(texts, r.Final, r.Original, r.Action, r.Status, r.Diagnostic)
		}
	}
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			t.Fatalf("not valid UTF-8 without NUL: %q", s[:min(len(s), 200)])
		}
	}
}

// TestCorpus reads every file of the corpus, mail or not. The floors are what
// was measured where a second, independent reader confirms the expectation.
func TestCorpus(t *testing.T) {
	t.Parallel()
	dir := corpusDir(t)
	got, of := map[string]int{}, map[string]int{}
	count := func(row corpusRow, field string, holds bool) {
		if !slices.Contains(row.Reading.Agrees, field) {
			return
		}
		of[field]++
		if holds {
			got[field]++
		}
	}
	for _, row := range corpusRows(t, dir) {
		raw, err := os.ReadFile(filepath.Join(dir, "open", row.Source, row.File))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		m := Read(bytes.NewReader(raw), DefaultLimits())
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s/%s took %v", row.Source, row.File, took)
		}
		checkMessage(t, m)
		checkParts(t, raw, m)
		if row.Kind != "mail" {
			continue
		}
		if want := row.Expect.Subject; want != nil {
			count(row, "subject", fold(*want) == fold(m.Subject))
		}
		if want := row.Expect.FromAddr; want != nil {
			count(row, "from_addr", len(m.From) > 0 && strings.EqualFold(*want, m.From[0].Address))
		}
		if row.Expect.Attachments != nil {
			count(row, "attachments", haveAttachments(row, m))
		}
	}
	for field, floor := range map[string]int{"subject": 152, "from_addr": 137, "attachments": 41} {
		t.Logf("%s: %d of %d", field, got[field], of[field])
		if got[field] < floor {
			t.Errorf("%s: %d of %d agree, want %d at least", field, got[field], of[field], floor)
		}
	}
}

// checkParts fails unless Part finds what Read has seen.
func checkParts(t *testing.T, raw []byte, m *Message) {
	t.Helper()
	for _, a := range m.Attachments[:min(len(m.Attachments), 5)] {
		r, err := Part(bytes.NewReader(raw), a.Part, DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); err != nil || n != a.Size {
			t.Errorf("part %s: %d bytes, %v, want %d", a.Part, n, err, a.Size)
		}
	}
}

func haveAttachments(row corpusRow, m *Message) bool {
	left := slices.Clone(m.Attachments)
	for _, want := range row.Expect.Attachments {
		if want.HTMLAlternative {
			continue
		}
		i := slices.IndexFunc(left, func(a Attachment) bool {
			return (want.Name == "" || fold(want.Name) == fold(a.Name)) && (want.Size == nil || *want.Size == a.Size) &&
				(want.SHA256 == "" || want.SHA256 == hex.EncodeToString(a.SHA256[:]))
		})
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

func fold(s string) string { return strings.Join(strings.Fields(s), " ") }
