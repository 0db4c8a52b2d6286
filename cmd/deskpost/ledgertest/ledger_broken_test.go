package ledgertest_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// breakMail begins a conversation by a mail that nobody should have sent. What
// becomes of it is open, but something has to.
func (c *conversation) breakMail(rnd *rand.Rand) {
	m := c.begin(supportBox)
	m.drop("X-Ledger-Keyed: ") // a person's move could make two of one whose Message-ID cannot be read
	header, text, _ := strings.Cut(string(m.raw), "\r\n\r\n")
	boundary := "\r\nContent-Type: multipart/mixed; boundary=never\r\n\r\n"
	broken := []string{
		header + "\r\n\r\n",                                            // no text
		"X-Ledger-Tag: " + m.tag + "\r\n\r\n" + text,                   // nothing but a text
		header + boundary + text,                                       // parts that never begin
		header + boundary + strings.Repeat("--never\r\n", 2000) + text, // and ones that never end
		strings.Replace(header, "From: ", "From: <<@@", 1) + "\r\n\r\n" + text,
		strings.Replace(header, "utf-8", "utf-7; charset=x-unknown", 1) + "\r\nContent-Transfer-Encoding: base64\r\n\r\n====\r\n" + text,
		strings.Replace(header, "Subject: ", "Subject: =?utf-8?b?gICAgICA?= =?x?y?", 1) + "\r\n\r\n\xff\xfe\x80" + text,
		strings.Replace(header, "Message-ID: <", "Message-ID: <<<>, <", 1) + "\r\nMessage-ID: <other>\r\n\r\n" + text,
		header + "\r\nReferences: " + strings.Repeat("<x@y>\r\n ", 3000) + "<z@y>\r\n\r\n" + text,
	}
	m.raw = []byte(broken[rnd.IntN(len(broken))])
}

// A corpus is real mail that was kept for being odd, read where it lies.
type corpus struct {
	rnd   *rand.Rand
	files []string
}

// newCorpus lists the shared corpus, nil where there is none.
func newCorpus(rnd *rand.Rand) *corpus {
	root := filepath.Join(os.Getenv("DESKPOST_SHARED"), "corpus")
	list, err := os.Open(filepath.Join(root, "open.jsonl"))
	if err != nil || os.Getenv("DESKPOST_SHARED") == "" {
		return nil
	}
	defer list.Close()
	c := &corpus{rnd: rnd}
	lines := bufio.NewScanner(list)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row struct{ Source, File, Kind string }
		if json.Unmarshal(lines.Bytes(), &row) == nil && row.Kind == "mail" {
			c.files = append(c.files, filepath.Join(root, "open", row.Source, row.File))
		}
	}
	if len(c.files) == 0 {
		return nil
	}
	return c
}

// write begins a conversation by a mail of the corpus.
func (c *corpus) write(conv *conversation, rnd *rand.Rand) {
	m := conv.begin(supportBox)
	raw, err := os.ReadFile(c.files[rnd.IntN(len(c.files))])
	if err != nil {
		return // the mail as begun is one too
	}
	if bytes.HasPrefix(raw, []byte("From ")) { // of a mailbox file
		_, raw, _ = bytes.Cut(raw, []byte("\n"))
	}
	raw = bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	m.raw = append(fmt.Appendf(nil, "X-Ledger-Tag: %s\r\n", m.tag), raw...)
}
