package templates

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"deskpost/ticket"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func load(t *testing.T, overlay fstest.MapFS) *Set {
	t.Helper()
	var (
		set *Set
		err error
	)
	if overlay == nil {
		set, err = Load(nil)
	} else {
		set, err = Load(overlay)
	}
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func words(t *testing.T, set *Set, n ticket.Notice) Rendered {
	t.Helper()
	r, err := set.Mail(n)
	if err != nil {
		t.Fatalf("%s: %v", n.Kind, err)
	}
	return r
}

func TestGolden(t *testing.T) {
	t.Parallel()
	set := load(t, nil)
	for _, kind := range ticket.NoticeKinds {
		for _, lang := range spoken(kind) {
			full, empty := fullSample(kind), emptySample(kind)
			full.Facts.Language, empty.Facts.Language = lang, lang
			name := string(kind)
			if lang != English {
				name = lang + "/" + name
			}
			r := words(t, set, full)
			golden(t, name+".txt.golden", "Subject: "+r.Subject+"\n\n"+r.Text)
			golden(t, name+".html.golden", r.HTML)
			r = words(t, set, empty)
			golden(t, name+".empty.txt.golden", "Subject: "+r.Subject+"\n\n"+r.Text)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// A fact that the sample lacks would be one on which Load tries nothing.
func TestSampleHasEveryFact(t *testing.T) {
	t.Parallel()
	facts := reflect.ValueOf(fullSample(ticket.NoticeNew).Facts)
	ofSome := []reflect.Value{reflect.ValueOf(fullSample(ticket.NoticeReply).Facts), reflect.ValueOf(fullSample(ticket.NoticeReminder).Facts)} // Markdown
	for i := range facts.NumField() {
		if facts.Field(i).IsZero() && ofSome[0].Field(i).IsZero() && ofSome[1].Field(i).IsZero() {
			t.Errorf("the sample has no %s", facts.Type().Field(i).Name)
		}
	}
}

func TestReplyHoldsOnlyTheAgentsWords(t *testing.T) {
	t.Parallel()
	n := ticket.Notice{Kind: ticket.NoticeReply, Agent: "jane", ReplyTo: "support+c1.x@example.com", Facts: ticket.Facts{
		Number: 1234, Subject: "Cannot sign in", Text: "Please try again now.", Signature: "Your support team",
		Reference: "Ref 1234-abcdefghijklm", Author: "Jane <jane@private.example>", Actor: "Jane", Assignee: "Jane",
		Status: "open", Priority: "high", Plan: "Sev-A", Requester: "Karen", Remarks: []string{"internal"}, Badge: "unverified",
	}}
	r := words(t, load(t, nil), n)
	if want := "Please try again now.\n\nYour support team\n\nRef 1234-abcdefghijklm\n"; r.Text != want {
		t.Errorf("text:\n%q\nwant\n%q", r.Text, want)
	}
	if want := "Re: Cannot sign in [#1234]"; r.Subject != want {
		t.Errorf("subject %q, want %q", r.Subject, want)
	}
	for _, private := range []string{"private.example", "Jane", "Sev-A", "internal", "unverified", "mailto:"} {
		if strings.Contains(r.HTML, private) {
			t.Errorf("the HTML tells the customer %q", private)
		}
	}
	n.Facts.Resolved = true
	if r = words(t, load(t, nil), n); !strings.Contains(r.Text, "\n\nWe consider this solved. If it is not, just answer this mail.\n\n") {
		t.Errorf("a reply that resolves does not say so:\n%s", r.Text)
	}
}

// An acknowledgement to an unverified sender says nothing that the sender chose
// (S9): the desk would otherwise deliver an attacker's words to a victim.
func TestAckWithoutSubjectIsFixed(t *testing.T) {
	t.Parallel()
	set := load(t, nil)
	n := ticket.Notice{Kind: ticket.NoticeAck, Facts: ticket.Facts{Number: 1234, Department: "Support", Signature: "Support"}}
	want := words(t, set, n)
	if want.Subject != "[#1234] We have received your message" {
		t.Errorf("subject %q", want.Subject)
	}
	n.Facts.To, n.Facts.Author, n.Facts.Requester, n.Facts.Text = "BUY NOW", "BUY NOW", "BUY NOW", "BUY NOW"
	if got := words(t, set, n); got != want {
		t.Errorf("the sender's words got in:\n%s", got.Text)
	}
	n.Facts.Subject = "Printer"
	if got := words(t, set, n).Subject; got != "Re: Printer [#1234]" {
		t.Errorf("subject %q", got)
	}
}

func TestTranscriptForms(t *testing.T) {
	t.Parallel()
	n := ticket.Notice{Kind: ticket.NoticeHeld, Facts: ticket.Facts{Number: 1234, Subject: "Bank",
		Verdict: "Ticket 1234: NOTHING done, your text was NOT sent", Text: "Dear Karen,\n\nall is well.",
		Answers: "Answer this mail and your text becomes a note.",
		Results: []ticket.ResultLine{{Line: "#prioirty emergency", Result: "unknown; did you mean #priority?", Failed: true},
			{Line: "#dept ops", Result: "ok (not applied)"}}}}
	want := `Ticket 1234: NOTHING done, your text was NOT sent
> #prioirty emergency   unknown; did you mean #priority?
> #dept ops             ok (not applied)

Answer this mail with the right command lines, all of them. Your text below is kept for you: you need not send it again.


---- held text ----
Dear Karen,

all is well.
`
	if diff := cmp.Diff(want, words(t, load(t, nil), n).Text); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Strangers choose every one of these strings (S17, S43).
func TestHostileFacts(t *testing.T) {
	t.Parallel()
	const evil = "a\r\nBcc: x@evil.example\r\n\r\n{{.Number}}{{template \"x\"}} ${jndi:ldap://x} %s%n <script>alert(1)</script>" +
		"\"'><img src=x onerror=alert(1)>\u202Efdp.exe\u2066\u0000\x1b[2J\x80\u2028z https://e.example/\"onclick=\"x javascript:alert(1)"
	set := load(t, nil)
	for _, kind := range ticket.NoticeKinds {
		n := emptySample(kind)
		fill(reflect.ValueOf(&n.Facts).Elem(), evil)
		n.Facts.Number, n.ReplyTo = 77, "a\"><script>&body=x@evil.example"
		r := words(t, set, n)
		if strings.ContainsFunc(r.Subject, unicode.IsControl) || len([]rune(r.Subject)) > maxSubject {
			t.Errorf("%s: subject %q", kind, r.Subject)
		}
		for what, s := range map[string]string{"subject": r.Subject, "text": r.Text, "html": r.HTML} {
			if i := strings.IndexFunc(s, func(c rune) bool { return c != '\n' && unicode.IsControl(c) || directs(c) }); i >= 0 {
				t.Errorf("%s: %s holds %q", kind, what, s[i:min(len(s), i+4)])
			}
			if strings.Contains(s, "77{{template") || !strings.Contains(s, "{{.Number}}") && strings.Contains(s, "jndi") {
				t.Errorf("%s: %s was read as a template:\n%s", kind, what, s)
			}
		}
		for _, tag := range []string{"<script", "<img", "onclick=\"", "\"javascript:", "href=\"javascript"} {
			if strings.Contains(r.HTML, tag) {
				t.Errorf("%s: the HTML holds %s:\n%s", kind, tag, r.HTML)
			}
		}
	}
}

// fill sets every string in v.
func fill(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), s)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			fill(v.Index(0), s)
			fill(v.Index(1), s)
		}
	}
}

func TestMailLoadsNothing(t *testing.T) {
	t.Parallel()
	set := load(t, nil)
	for _, kind := range ticket.NoticeKinds {
		html := words(t, set, fullSample(kind)).HTML
		for _, no := range []string{"<img", "<link", "<script", "@import", "url(", "src=", "background", ";color:#000", ";color:#fff"} {
			if strings.Contains(html, no) {
				t.Errorf("%s: the HTML holds %q", kind, no)
			}
		}
	}
}

// Some programs quote without marks: a command of ours at the start of a line
// would then be taken for one of the agent's.
func TestNoCommandStartsALine(t *testing.T) {
	t.Parallel()
	set := load(t, nil)
	for _, kind := range ticket.NoticeKinds {
		for line := range strings.Lines(words(t, set, fullSample(kind)).Text) {
			if strings.HasPrefix(line, "#") {
				t.Errorf("%s: line %q", kind, line)
			}
		}
	}
}

func TestOverlay(t *testing.T) {
	t.Parallel()
	set := load(t, fstest.MapFS{
		"mail/ack.txt":  {Data: []byte(`{{define "subject"}}Danke{{end}}{{define "body"}}Hallo <b>, {{.Number}}{{end}}`)},
		"mail/.swp":     {Data: []byte("x")},
		"mail/ack.txt~": {Data: []byte("x")},
		"web/page.html": {Data: []byte("{{")},
	})
	r := words(t, set, fullSample(ticket.NoticeAck))
	if r.Subject != "Danke" || r.Text != "Hallo <b>, 1234\n" || !strings.Contains(r.HTML, "Hallo &lt;b&gt;, 1234") {
		t.Errorf("got %+v", r)
	}
	if got, want := words(t, set, fullSample(ticket.NoticeNew)), words(t, load(t, nil), fullSample(ticket.NoticeNew)); got != want {
		t.Error("a kind that was not changed reads differently")
	}
}

func TestOverlayFaultsStopTheStart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file, content string
		want          []string
	}{
		"syntax":        {"mail/ack.txt", "{{define \"subject\"}}x{{end}}\n{{if}}", []string{"mail/ack.txt:2", "missing value for if"}},
		"unknown field": {"mail/new.txt", "{{define \"subject\"}}x{{end}}\n{{define \"body\"}}\n{{.Nmber}}{{end}}", []string{"mail/new.txt:3", "Nmber"}},
		"html":          {"mail/new.html", "{{define \"content\"}}\n<a href={{.Nmber}}>{{end}}", []string{"mail/new.html:2", "Nmber"}},
		"no body":       {"mail/reply.txt", `{{define "subject"}}x{{end}}`, []string{"mail/reply.txt", "body"}},
		"empty subject": {"mail/reply.txt", `{{define "subject"}} {{.Subject}} {{end}}{{define "body"}}{{end}}`, []string{"mail/reply.txt", "subject is empty"}},
		"empty facts":   {"mail/digest.txt", `{{define "subject"}}x{{end}}{{define "body"}}{{index .Items 0}}{{end}}`, []string{"mail/digest.txt:1", "out of range"}},
		"typo in name":  {"mail/akc.txt", `x`, []string{"mail/akc.txt", "replaces no built-in", "undeliverable"}},
		"layout":        {"mail/layout.txt", "\n{{define \"tag\"}}{{.No}}{{end}}", []string{"mail/layout.txt:2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Load(fstest.MapFS{test.file: {Data: []byte(test.content)}})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not name %q", err, want)
				}
			}
		})
	}
}

func TestOverrideThatFailsAtRunTime(t *testing.T) {
	t.Parallel()
	set := load(t, fstest.MapFS{"mail/reply.txt": {Data: []byte(
		`{{define "subject"}}Mine{{end}}{{define "body"}}` + "\n" + `{{if eq .Number 42}}{{index .Items 9}}{{end}}{{end}}`)}})
	n := fullSample(ticket.NoticeReply)
	if r := words(t, set, n); r.Subject != "Mine" {
		t.Fatalf("the override is not used: %q", r.Subject)
	}
	n.Facts.Number = 42
	r, err := set.Mail(n)
	var fault *OverrideError
	if !errors.As(err, &fault) || !strings.Contains(err.Error(), "mail/reply.txt:2") {
		t.Fatalf("err = %v", err)
	}
	if want := words(t, load(t, nil), n); r != want {
		t.Errorf("got %+v, want the built-in wording", r)
	}
}

func TestUnknownKind(t *testing.T) {
	t.Parallel()
	if r, err := load(t, nil).Mail(ticket.Notice{Kind: "nope"}); err == nil || r != (Rendered{}) {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]span{
		"plain":                             {{Text: "plain"}},
		"see https://a.example/x?y=1&z=2.":  {{Text: "see "}, {"https://a.example/x?y=1&z=2", "https://a.example/x?y=1&z=2"}, {Text: "."}},
		"(http://a.example)":                {{Text: "("}, {"http://a.example", "http://a.example"}, {Text: ")"}},
		"https://en.example/Go_(game)":      {{"https://en.example/Go_(game)", "https://en.example/Go_(game)"}},
		"https://bank.example@evil.example": {{Text: "http"}, {Text: "s://bank.example@evil.example"}},
		"http://":                           {{Text: "http"}, {Text: "://"}},
	} {
		if diff := cmp.Diff(want, links(line)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
}

func FuzzFacts(f *testing.F) {
	f.Add("a\r\nb", "https://x http://")
	f.Add("\u202Ex\x00\xff", "\n\n\n a")
	set, err := Load(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		n := emptySample(ticket.NoticeMessage)
		fill(reflect.ValueOf(&n.Facts).Elem(), a)
		n.Facts.Text = b
		r := words(t, set, n)
		if strings.ContainsFunc(r.Subject, unicode.IsControl) {
			t.Errorf("subject %q", r.Subject)
		}
		var seen strings.Builder
		for _, p := range paragraphs(strings.Trim(block(b), "\n")) {
			for _, line := range p {
				for _, s := range links(line) {
					seen.WriteString(s.Text)
				}
			}
		}
		if want := strings.ReplaceAll(strings.Trim(block(b), "\n"), "\n", ""); seen.String() != want {
			t.Errorf("the HTML loses text: %q, want %q", seen.String(), want)
		}
	})
}
