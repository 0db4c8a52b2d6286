package web_test

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"deskpost/inbound"
	"deskpost/store"
	"deskpost/store/storetest"
	"deskpost/templates"
	"deskpost/ticket"
	"deskpost/web"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// A desk with its page, and a clock that stands still until it is moved.
type place struct {
	t      testing.TB
	desk   *ticket.Desk
	page   *httptest.Server
	server *web.Server
	now    time.Time
	uid    uint32
}

func newPlace(t testing.TB) *place {
	t.Helper()
	p := &place{t: t, now: began}
	clock := func() time.Time { return p.now }
	db := storetest.Open(t)
	p.desk = &ticket.Desk{Store: db, Keys: ticket.Keys{{ID: 1, Secret: []byte("0123456789abcdef0123456789abcdef")}}, Now: clock}
	p.desk.SetPolicy(policy())
	pages, err := templates.LoadPages()
	if err != nil {
		t.Fatal(err)
	}
	open := func(f ticket.File) (io.ReadCloser, error) {
		raw, err := db.OpenBlob(context.Background(), f.Raw)
		if err != nil {
			return nil, err
		}
		return inbound.OpenFile(raw, f)
	}
	p.server = &web.Server{Desk: p.desk, Pages: pages, Sessions: db.Sessions(clock), URL: "https://desk.bank.example", Open: open,
		MailHTML: func(f ticket.File, picture func(string) string, remote bool) (string, int, error) {
			raw, err := p.server.Open(f)
			if err != nil {
				return "", 0, err
			}
			defer raw.Close()
			return inbound.MailHTML(raw, picture, remote)
		},
		Blobs: blobs{db},
		Facts: func(context.Context) (web.Facts, error) {
			return web.Facts{Version: "v1", Database: "sqlite:desk.db", Bytes: 4 << 20}, nil
		}, Now: clock, Log: slog.New(slog.DiscardHandler)}
	handler, err := p.server.Handler()
	if err != nil {
		t.Fatal(err)
	}
	p.page = httptest.NewServer(handler)
	t.Cleanup(p.page.Close)
	return p
}

// blobs makes the store's blob writer the page's.
type blobs struct{ *store.DB }

func (b blobs) NewBlob(ctx context.Context) web.BlobWriter { return b.DB.NewBlob(ctx) }

func policy() *ticket.Policy {
	agent := func(key, name string, access map[string]string) ticket.Agent {
		return ticket.Agent{Key: key, Name: name, Emails: []string{key + "@private.example"}, Access: access, ReplyAs: ticket.Reply}
	}
	dept := func(key, name string) ticket.Department {
		return ticket.Department{Key: key, Name: name, Address: ticket.Address{Name: name, Email: key + "@bank.example"}, AfterReply: ticket.State{Status: ticket.Open}, Portal: true}
	}
	return &ticket.Policy{
		Zone:        time.UTC,
		Departments: map[string]ticket.Department{"support": dept("support", "Support"), "banking": dept("banking", "Online Banking")},
		Agents: map[string]ticket.Agent{
			"jane": agent("jane", "Jane Doe", map[string]string{"support": "agent", "banking": "agent"}),
			"john": agent("john", "John Smith", map[string]string{"support": "agent"}),
			"vera": agent("vera", "Vera View", map[string]string{"support": "view"}),
			"bob":  agent("bob", "Bob Bank", map[string]string{"banking": "agent"}),
		},
		Roles:     map[string]ticket.Role{"agent": ticket.AgentRole, "view": {Key: "view", Rights: []ticket.Right{ticket.MayRead}}},
		Plans:     map[string]ticket.Plan{"sev-a": {Key: "sev-a", Name: "Sev-A"}},
		Mailboxes: map[string]ticket.Mailbox{"support": {Key: "support", Address: ticket.Address{Email: "support@bank.example"}, Department: "support"}},
		Fields: []ticket.Field{{Key: "contract", Name: "Contract", Type: ticket.NumberField, Customer: true, Departments: []string{"support"}},
			{Key: "rank", Name: "Rank", Type: ticket.ChoiceField, Choices: []string{"Gold", "Silver"}, Customer: true, Departments: []string{"support"}}},
		Canned: map[string]ticket.Canned{"reset": {Key: "reset", Name: "Reset your password", Text: "Dear {{first_name|customer}},\n\nyour ticket is {{number}}.", Departments: []string{"support"}},
			"number": {Key: "number", Name: "Contract number", Text: "Your contract is {{field:contract}}.", Departments: []string{"support"}},
			"card":   {Key: "card", Name: "Lost card", Text: "Your card is blocked.", Departments: []string{"banking"}}},
		Priorities: []string{"Low", "Normal", "High", "Emergency"}, DefaultPriority: "Normal", Admins: []string{"jane"},
		ReopenWindow: 7 * 24 * time.Hour, DraftLife: 7 * 24 * time.Hour, Separator: "+", Acknowledge: ticket.AckNever, Page: "https://desk.bank.example", Portal: true,
		Caps:    ticket.Caps{AddressHour: 10, AddressDay: 40, TicketDay: 20, SystemHour: 500, SenderHour: 30, ReopenHour: 5, AgentBurst: 60},
		Retries: ticket.Retries{Delays: []time.Duration{time.Minute}, GiveUp: 24 * time.Hour},
	}
}

// mail lets karen write a mail, and returns its ticket.
func (p *place) mail(subject, text string) ticket.Number {
	p.t.Helper()
	return p.take(ticket.Mail{From: ticket.Address{Name: "Karen Customer", Email: "karen@customer.example"}, Recipients: []string{"support@bank.example"},
		Subject: subject, NewText: text}).Ticket
}

// take hands a mail to the desk as the next one of its mailbox.
func (p *place) take(m ticket.Mail) ticket.Conclusion {
	p.t.Helper()
	p.uid++
	m.Authenticity, m.MessageID = ticket.Proven, fmt.Sprintf("m%d@customer.example", p.uid)
	raw := fmt.Appendf(nil, "%d %s", p.uid, m.NewText)
	sum := ticket.Sum(sha256.Sum256(raw))
	c, err := p.desk.Receive(context.Background(), ticket.Incoming{
		Mail: m, Receipt: ticket.Receipt{Source: "support", Epoch: 1, UID: p.uid, Digest: sum, Keyed: true, Received: p.now,
			Raw: ticket.Blob{Sum: sum, Size: int64(len(raw)), Inline: raw}}})
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// guest lets somebody answer what the customer was sent on a ticket who does not
// take part in it.
func (p *place) guest(n ticket.Number, address string) {
	p.t.Helper()
	show, err := p.desk.Show(context.Background(), n)
	if err != nil {
		p.t.Fatal(err)
	}
	m := ticket.Mail{From: ticket.Address{Email: address}, Subject: "Re: that", NewText: "I know more."}
	for _, sent := range show.Notices {
		if sent.Answer == ticket.TokenCustomer {
			m.Recipients = []string{sent.ReplyTo}
		}
	}
	if c := p.take(m); c.Outcome != ticket.GuestHeld {
		p.t.Fatalf("the mail of a guest became %+v", c)
	}
}

// outbox takes what waits to be sent.
func (p *place) outbox() []ticket.Notice {
	p.t.Helper()
	list, err := p.desk.Claim(context.Background(), time.Minute, 100)
	if err != nil {
		p.t.Fatal(err)
	}
	return list
}

// A browser keeps cookies and follows nothing by itself.
type browser struct {
	*place
	client *http.Client
}

func (p *place) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return &browser{p, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// A seen is what a browser got.
type seen struct {
	status int
	header http.Header
	body   string
}

func (b *browser) do(method, path string, form url.Values, headers ...string) seen {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.page.URL+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return seen{answer.StatusCode, answer.Header, string(text)}
}

func (b *browser) get(path string) seen                   { return b.do("GET", path, nil) }
func (b *browser) post(path string, form url.Values) seen { return b.do("POST", path, form) }

// want demands a status, and words of the page.
func (b *browser) want(s seen, status int, words ...string) {
	b.t.Helper()
	if s.status != status {
		b.t.Fatalf("status %d, want %d: %s", s.status, status, s.body)
	}
	for _, w := range words {
		if !strings.Contains(s.body, w) {
			b.t.Errorf("the page has no %q:\n%s", w, s.body)
		}
	}
}

// signIn signs an agent in by a mailed link.
func (p *place) signIn(agent string) *browser {
	p.t.Helper()
	b := p.browser()
	link := b.askLink(agent + "@private.example")
	b.want(b.get(link), 200, "<button")
	b.want(b.post(link, url.Values{}), 303)
	return b
}

// askLink asks for a link to sign in and returns where it leads.
func (b *browser) askLink(email string) string {
	b.t.Helper()
	b.want(b.post("/sign-in", url.Values{"email": {email}}), 200, "a link is on its way")
	for _, n := range slices.Backward(b.outbox()) { // the link that was mailed last
		if n.Kind == ticket.NoticeSignIn && n.Recipients[0].Address.Email == email {
			return strings.TrimPrefix(n.Facts.Link, "https://desk.bank.example")
		}
	}
	b.t.Fatal("no link was mailed")
	return ""
}

var formKey = regexp.MustCompile(`name="key" value="([A-Z2-7]+)(p?)"`)

// form is what the form on a ticket's page holds, with a text and commands.
func (b *browser) form(n ticket.Number, kind, text, commands string) url.Values {
	b.t.Helper()
	page := b.get(fmt.Sprintf("/tickets/%d", n))
	b.want(page, 200)
	key := formKey.FindStringSubmatch(page.body)
	last := regexp.MustCompile(`name="seen" value="(\d+)"`).FindStringSubmatch(page.body)
	if key == nil || last == nil {
		b.t.Fatal("the page has no form")
	}
	return url.Values{"key": {key[1]}, "seen": {last[1]}, "kind": {kind}, "text": {text}, "commands": {commands}}
}

// golden compares a page with a file, but for what is random in it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	got = formKey.ReplaceAllString(got, `name="key" value="KEY$2"`)
	got = regexp.MustCompile(`/static/[0-9a-f]+/`).ReplaceAllString(got, "/static/HASH/")
	got = regexp.MustCompile(`/(new|my/sign-in)/[0-9a-z]+\.[a-z2-7]{26}`).ReplaceAllString(got, "/$1/TOKEN")
	got = regexp.MustCompile(`since=\d+`).ReplaceAllString(got, "since=EVENT")
	path := "testdata/" + name + ".golden"
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
	if string(want) != got {
		t.Errorf("%s differs (-update writes it anew):\n%s", path, got)
	}
}
