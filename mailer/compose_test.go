package mailer

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"mime"
	stdmultipart "mime/multipart"
	"net/mail"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"deskpost/templates"
	"deskpost/ticket"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var sampleTime = time.Date(2026, 11, 23, 12, 30, 0, 0, time.UTC)

// sampleNotice is an agent's reply with a collaborator and an attachment.
func sampleNotice() ticket.Notice {
	return ticket.Notice{
		ID: 77, Ticket: 1234, Kind: ticket.NoticeReply, Answer: ticket.TokenCustomer,
		Recipients: []ticket.Recipient{
			{Address: ticket.Address{Name: "Karen Smith", Email: "karen@example.org"}},
			{Address: ticket.Address{Name: "Jürgen \"JJ\" Groß", Email: "jj@müller.example"}, Cc: true},
		},
		From:      ticket.Address{Name: "Jane Doe (Support)", Email: "support@example.com"},
		MessageID: "c25.abc@example.com", ReplyTo: "support+c25.abc@example.com", ReturnPath: "support+b25.def@example.com",
		Stamp: "e25.ghi", InReplyTo: "m1@example.org", References: []string{"ticket.1234@example.com", "m1@example.org"},
		QueuedAt: sampleTime, DueAt: sampleTime, Attempts: 1,
		Facts: ticket.Facts{Number: 1234, Subject: "Größe", Files: []ticket.File{{ID: 1, Name: "Übersicht.txt", Type: "text/plain", Size: 5}}},
	}
}

func sampleWords() templates.Rendered {
	return templates.Rendered{Subject: "Re: Größe [#1234]", Text: "Grüße,\n.\nFrom here on\n" + strings.Repeat("long ", 40) + "\n", HTML: "<p>Grüße</p>\n", Language: "de"}
}

func hello(ticket.File) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("hello")), nil }

func composed(t testing.TB, n ticket.Notice, r templates.Rendered, open func(ticket.File) (io.ReadCloser, error)) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Compose(&b, n, r, open); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestComposeGolden(t *testing.T) {
	t.Parallel()
	got := composed(t, sampleNotice(), sampleWords(), hello)
	name := filepath.Join("testdata", "reply.eml.golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Each attempt sends the same bytes, so that two copies are one mail to
// everybody who compares them. What an attempt changes in the notice does not
// show.
func TestComposeIsStable(t *testing.T) {
	t.Parallel()
	n := sampleNotice()
	first := composed(t, n, sampleWords(), hello)
	n.Attempts, n.DueAt, n.InDoubt = 5, n.DueAt.Add(time.Hour), true
	n.Recipients[0].SentAt, n.Recipients[1].Answer = n.DueAt, "450 later"
	if !bytes.Equal(first, composed(t, n, sampleWords(), hello)) {
		t.Error("the second attempt differs from the first")
	}
	size, err := Size(n, sampleWords())
	if err != nil || size != int64(len(first)) {
		t.Errorf("Size = %d, %v; the mail has %d bytes", size, err, len(first))
	}
}

func TestAutomaticHeaders(t *testing.T) {
	t.Parallel()
	for _, kind := range ticket.NoticeKinds {
		n := sampleNotice()
		n.Kind, n.Automatic = kind, kind != ticket.NoticeReply
		m := parsed(t, composed(t, n, sampleWords(), hello))
		want := []string{"auto-generated", "All", ""}
		switch kind {
		case ticket.NoticeReply:
			want = []string{"", "", ""}
		case ticket.NoticeAck, ticket.NoticeTranscript, ticket.NoticeHeld:
			want[0] = "auto-replied"
		case ticket.NoticeDigest, ticket.NoticeEscalations, ticket.NoticeDailyPlan, ticket.NoticeWeeklyReport:
			want[2] = "bulk"
		}
		got := []string{m.Header.Get("Auto-Submitted"), m.Header.Get("X-Auto-Response-Suppress"), m.Header.Get("Precedence")}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
}

// TestListUnsubscribe is on mail that comes again and again, and only if the
// address says who wants it no more.
func TestListUnsubscribe(t *testing.T) {
	t.Parallel()
	const token = "n7.abcdefghijklmnopqrstuvwxyz"
	for _, kind := range ticket.NoticeKinds {
		n := sampleNotice()
		n.Kind, n.Automatic, n.MessageID, n.ReplyTo = kind, true, token+"@bank.example", "support+"+token+"@bank.example"
		want := ""
		if kind == ticket.NoticeDailyPlan || kind == ticket.NoticeWeeklyReport {
			want = "<mailto:support%2B" + token + "@bank.example?subject=unsubscribe>"
		}
		if got := parsed(t, composed(t, n, sampleWords(), hello)).Header.Get("List-Unsubscribe"); got != want {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
		n.ReplyTo = "support@bank.example"
		if got := parsed(t, composed(t, n, sampleWords(), hello)).Header.Get("List-Unsubscribe"); got != "" {
			t.Errorf("%s without a token: %q", kind, got)
		}
	}
}

func parsed(t interface{ Fatalf(string, ...any) }, raw []byte) *mail.Message {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("our own mail cannot be read: %v\n%s", err, raw)
	}
	return m
}

func TestComposeRefuses(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*ticket.Notice){
		"sender":     func(n *ticket.Notice) { n.From.Email = "a@b>\r\nBcc: <x@y" },
		"reply-to":   func(n *ticket.Notice) { n.ReplyTo = "x" },
		"message-id": func(n *ticket.Notice) { n.MessageID = "a b" },
		"no id":      func(n *ticket.Notice) { n.MessageID = "" },
		"stamp":      func(n *ticket.Notice) { n.Stamp = "e\r\nBcc: x@y" },
	} {
		n := sampleNotice()
		spoil(&n)
		var b bytes.Buffer
		if err := Compose(&b, n, sampleWords(), hello); err == nil || !hopeless(err) || b.Len() > 0 {
			t.Errorf("%s: err = %v with %d bytes written", name, err, b.Len())
		}
	}
}

func TestComposeFileFaults(t *testing.T) {
	t.Parallel()
	reading := func(r io.Reader, err error) func(ticket.File) (io.ReadCloser, error) {
		return func(ticket.File) (io.ReadCloser, error) {
			if err != nil {
				return nil, err
			}
			return io.NopCloser(r), nil
		}
	}
	busy := errors.New("database is locked")
	for name, test := range map[string]struct {
		open func(ticket.File) (io.ReadCloser, error)
		gone bool
	}{
		"missing":     {reading(nil, fmt.Errorf("blob: %w", fs.ErrNotExist)), true},
		"busy":        {reading(nil, busy), false},
		"breaks off":  {reading(io.MultiReader(strings.NewReader("he"), faultyReader{busy}), nil), false},
		"too short":   {reading(strings.NewReader("hell"), nil), true},
		"too long":    {reading(strings.NewReader("hello!"), nil), true},
		"gone midway": {reading(io.MultiReader(strings.NewReader("he"), faultyReader{fs.ErrNotExist}), nil), true},
	} {
		err := Compose(io.Discard, sampleNotice(), sampleWords(), test.open)
		var file *FileError
		if !errors.As(err, &file) || file.Gone != test.gone || hopeless(err) != test.gone {
			t.Errorf("%s: %v (%+v)", name, err, file)
		}
	}
}

type faultyReader struct{ err error }

func (f faultyReader) Read([]byte) (int, error) { return 0, f.err }

// Not parallel: it measures what is allocated.
func TestComposeFlatMemory(t *testing.T) {
	n := sampleNotice()
	n.Facts.Files[0].Size = 64 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	size, err := Size(n, sampleWords())
	runtime.ReadMemStats(&after)
	if err != nil || size < 64<<20*4/3 {
		t.Fatalf("size %d, %v", size, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("%d bytes allocated for a mail of %d", used, size)
	}
}

func TestLeavesUnicodeLocalPartsToTheEnvelope(t *testing.T) {
	t.Parallel()
	n := sampleNotice()
	n.Recipients = []ticket.Recipient{{Address: ticket.Address{Email: "jürgen@example.org"}}}
	m := parsed(t, composed(t, n, sampleWords(), hello))
	if got := m.Header.Get("To"); got != "undisclosed-recipients:;" {
		t.Errorf("To: %s", got)
	}
}

// hostile draws strings that try to leave their place in a header.
func hostile() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`[ -~]{0,90}`),
		rapid.SampledFrom([]string{
			"a\r\nBcc: x@evil.example", "a\nBcc: x\n\n<p>", "a\rX: y", "\x00", "=?utf-8?q?a=0D=0ABcc:_x@evil?=", "a, b@evil.example",
			"\"><x@evil.example>", "a\\", "\u202Efdp.exe", "\u2028Bcc: x", strings.Repeat("x", 3000), strings.Repeat("ü", 3000),
			strings.Repeat("a b ", 900), "../../etc/passwd", "..", "x.exe\r\n\r\nBody", "a\"; filename*=utf-8''b", "(", "<a@b>", "\xff\xfe", " ", "\u0085",
			"{{.Number}}", "name;name", "=_", "--=_",
		}))
}

// Whatever people call themselves and their files, the mail has the header it
// should, the recipients it should, and nothing else (S17).
func TestComposeKeepsToItsHeader(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := hostile()
		n := sampleNotice()
		n.From.Name = text.Draw(t, "from")
		for i := range n.Recipients {
			n.Recipients[i].Address.Name = text.Draw(t, "name")
		}
		n.InReplyTo = text.Draw(t, "in-reply-to")
		n.References = rapid.SliceOfN(text, 0, 4).Draw(t, "references")
		file := &n.Facts.Files[0]
		file.Name, file.Type = text.Draw(t, "file name"), text.Draw(t, "type")
		words := templates.Rendered{Subject: text.Draw(t, "subject"), Text: text.Draw(t, "text"), HTML: text.Draw(t, "html") + "x"}

		var b bytes.Buffer
		if err := Compose(&b, n, words, hello); err != nil {
			t.Fatal(err)
		}
		if size, err := Size(n, words); err != nil || size != int64(b.Len()) {
			t.Fatalf("Size = %d, %v; the mail has %d bytes", size, err, b.Len())
		}
		wireSafe(t, b.Bytes())
		m := parsed(t, b.Bytes())
		checkHeader(t, m, n, words)
		checkParts(t, m, words, *file)
	})
}

// wireSafe checks what SMTP asks of a mail in 7bit: no other line end than CRLF
// (S24), and lines of a length that is allowed.
func wireSafe(t *rapid.T, raw []byte) {
	head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	if i := bytes.IndexFunc(raw, func(r rune) bool { return r > '~' || r < ' ' && r != '\r' && r != '\n' && r != '\t' }); i >= 0 {
		t.Fatalf("byte %q in the mail", raw[i])
	}
	bare := bytes.ReplaceAll(raw, []byte("\r\n"), nil)
	if bytes.ContainsAny(bare, "\r\n") || !bytes.HasSuffix(raw, []byte("\r\n")) {
		t.Fatalf("a line ends without CRLF:\n%q", raw)
	}
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if len(line) > 998 || len(bytes.TrimSpace(line)) == 0 {
			t.Fatalf("header line of %d bytes: %.100q", len(line), line)
		}
	}
	for line := range bytes.SplitSeq(body, []byte("\r\n")) {
		if len(line) > 160 || len(line) > 76 && !bytes.HasPrefix(line, []byte("Content-")) {
			t.Fatalf("body line of %d bytes: %.100q", len(line), line)
		}
	}
}

func checkHeader(t *rapid.T, m *mail.Message, n ticket.Notice, words templates.Rendered) {
	want := []string{"Cc", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Reply-To", "To", "X-Deskpost-Notice"}
	if cleanLine(words.Subject, maxSubject) != "" {
		want = append(want, "Subject")
	}
	if messageIDs(n.InReplyTo) != nil {
		want = append(want, "In-Reply-To")
	}
	if messageIDs(n.References...) != nil {
		want = append(want, "References")
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(m.Header)); !slices.Equal(got, want) {
		t.Fatalf("header fields %q, want %q", got, want)
	}
	for name, values := range m.Header {
		if len(values) != 1 {
			t.Fatalf("%s stands there %d times", name, len(values))
		}
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if want := cleanLine(words.Subject, maxSubject); err != nil || subject != want {
		t.Fatalf("subject %q, %v; want %q", subject, err, want)
	}
	for field, want := range map[string]ticket.Address{"From": n.From, "To": n.Recipients[0].Address, "Cc": n.Recipients[1].Address} {
		list, err := m.Header.AddressList(field)
		if err != nil || len(list) != 1 {
			t.Fatalf("%s: %v, %v (%q)", field, list, err, m.Header.Get(field))
		}
		email := strings.ReplaceAll(want.Email, "müller", "xn--mller-kva")
		if list[0].Address != email || list[0].Name != cleanLine(want.Name, maxName) {
			t.Fatalf("%s: %+v, want %q <%s>", field, list[0], cleanLine(want.Name, maxName), email)
		}
	}
}

func checkParts(t *rapid.T, m *mail.Message, words templates.Rendered, f ticket.File) {
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/mixed" {
		t.Fatalf("content type %q, %v", kind, err)
	}
	mixed := stdmultipart.NewReader(m.Body, params["boundary"])
	first, err := mixed.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	_, params, err = mime.ParseMediaType(first.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	alternative := stdmultipart.NewReader(first, params["boundary"])
	for _, want := range []string{words.Text, words.HTML} {
		p, err := alternative.NextPart() // decodes quoted-printable
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(p)
		lines := strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n")
		if err != nil || string(got) != lines.Replace(want) {
			t.Fatalf("text %q, %v; want %q", got, err, want)
		}
	}
	if _, err := alternative.NextPart(); err != io.EOF {
		t.Fatalf("a third alternative: %v", err)
	}
	p, err := mixed.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	disposition, params, err := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
	name := params["filename"]
	if err != nil || disposition != "attachment" || len(params) != 1 || name != fileName(f.Name) || len(p.Header) != 3 {
		t.Fatalf("file: %q %q %v in %v", disposition, params, err, p.Header)
	}
	if name == "" || strings.ContainsAny(name, "/\\") || strings.HasPrefix(name, ".") || strings.ContainsFunc(name, unicode.IsControl) {
		t.Fatalf("file name %q", name)
	}
	if _, err := mixed.NextPart(); err != io.EOF {
		t.Fatalf("a third part: %v", err)
	}
}

// What looks encoded is encoded once more, or mail programs would show what
// nobody has cleaned (S17).
func TestEncodedWordsOfStrangersStayAsTheyAre(t *testing.T) {
	t.Parallel()
	const evil = "=?utf-8?q?a=0D=0ABcc:_x@evil?="
	n := sampleNotice()
	n.From.Name, n.Facts.Files[0].Name = evil, evil
	m := composed(t, n, templates.Rendered{Subject: evil, Text: "x"}, hello)
	if bytes.Contains(m, []byte("=?utf-8?q?")) {
		t.Errorf("an encoded word came through:\n%s", m)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(parsed(t, m).Header.Get("Subject"))
	if err != nil || subject != evil {
		t.Errorf("subject %q, %v", subject, err)
	}
}

func TestTextPartKeepsEveryLine(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := textPart("plain", "a\rü\nb\r\nc\n\rd").write(&b); err != nil {
		t.Fatal(err)
	}
	if want := "\r\n\r\na\r\n=C3=BC\r\nb\r\nc\r\n\r\nd\r\n"; !strings.HasSuffix(b.String(), want) {
		t.Errorf("%q does not end with %q", b.String(), want)
	}
}
