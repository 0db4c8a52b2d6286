package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"deskpost/store/storetest"
	"deskpost/ticket"
)

// A place is a desk with its API, and a clock that stands still until it is moved.
type place struct {
	t    testing.TB
	desk *ticket.Desk
	api  http.Handler
	doc  *described
	log  bytes.Buffer
	now  time.Time
	uid  uint32
}

const fileText = "the bytes of a file"

func newPlace(t testing.TB) *place {
	t.Helper()
	p := &place{t: t, now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC), doc: newDescribed(t)}
	p.desk = &ticket.Desk{Store: storetest.Open(t), Keys: ticket.Keys{{ID: 1, Secret: []byte("0123456789abcdef0123456789abcdef")}}, Now: func() time.Time { return p.now }}
	p.desk.SetPolicy(policy())
	server := &Server{Desk: p.desk, Now: p.desk.Now, Log: slog.New(slog.NewTextHandler(&p.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Open: func(ticket.File) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(fileText)), nil }}
	p.api = server.Handler()
	return p
}

func policy() *ticket.Policy {
	agent := func(key, name string, access map[string]string) ticket.Agent {
		return ticket.Agent{Key: key, Name: name, Emails: []string{key + "@private.example"}, Access: access, ReplyAs: ticket.Reply}
	}
	dept := func(key, name string) ticket.Department {
		return ticket.Department{Key: key, Name: name, Address: ticket.Address{Name: name, Email: key + "@bank.example"}, AfterReply: ticket.State{Status: ticket.Open}}
	}
	return &ticket.Policy{
		Zone:        time.UTC,
		Departments: map[string]ticket.Department{"support": dept("support", "Support"), "banking": dept("banking", "Online Banking")},
		Agents: map[string]ticket.Agent{
			"jane": agent("jane", "Jane Doe", map[string]string{"support": "agent", "banking": "agent"}),
			"vera": agent("vera", "Vera View", map[string]string{"support": "view"}),
			"bob":  agent("bob", "Bob Bank", map[string]string{"banking": "agent"}),
		},
		Roles:       map[string]ticket.Role{"agent": ticket.AgentRole, "view": {Key: "view", Rights: []ticket.Right{ticket.MayRead}}},
		Plans:       map[string]ticket.Plan{"sev-a": {Key: "sev-a", Name: "Sev-A"}},
		Teams:       map[string]ticket.Team{"night": {Key: "night", Name: "Night", Members: []string{"jane"}}},
		Substatuses: map[string]ticket.Substatus{"vendor": {Key: "vendor", Name: "At the vendor", Of: ticket.Hold}},
		Canned:      map[string]ticket.Canned{"reset": {Key: "reset", Name: "Reset", Text: "Done.", Departments: []string{"support"}}},
		Macros:      map[string]ticket.Macro{"urgent": {Key: "urgent", Name: "Urgent", Commands: []string{"#priority high"}}},
		Mailboxes:   map[string]ticket.Mailbox{"support": {Key: "support", Address: ticket.Address{Email: "support@bank.example"}, Department: "support"}},
		Fields:      []ticket.Field{{Key: "rank", Name: "Rank", Type: ticket.ChoiceField, Choices: []string{"Gold", "Silver"}}},
		Priorities:  []string{"Low", "Normal", "High"}, DefaultPriority: "Normal", Admins: []string{"jane"},
		ReopenWindow: 7 * 24 * time.Hour, DraftLife: 7 * 24 * time.Hour, Separator: "+", Acknowledge: ticket.AckNever, Page: "https://desk.bank.example",
		Caps:    ticket.Caps{AddressHour: 10, AddressDay: 40, TicketDay: 20, SystemHour: 500, SenderHour: 300, ReopenHour: 5, AgentBurst: 60},
		Retries: ticket.Retries{Delays: []time.Duration{time.Minute}, GiveUp: 24 * time.Hour},
	}
}

// mail lets karen write a mail with a file, and returns its ticket.
func (p *place) mail(subject, text string) ticket.Number {
	p.t.Helper()
	p.uid++
	raw := fmt.Appendf(nil, "%d %s", p.uid, text)
	sum := ticket.Sum(sha256.Sum256(raw))
	c, err := p.desk.Receive(context.Background(), ticket.Incoming{
		Mail: ticket.Mail{From: ticket.Address{Name: "Karen Customer", Email: "karen@customer.example"}, Recipients: []string{"support@bank.example"},
			Subject: subject, NewText: text, Authenticity: ticket.Proven, MessageID: fmt.Sprintf("m%d@customer.example", p.uid),
			Files: []ticket.File{{Name: "a.txt", Type: "text/plain", Size: int64(len(fileText)), Sum: sha256.Sum256([]byte(fileText)), Raw: sum, Part: "2"}}},
		Receipt: ticket.Receipt{Source: "support", Epoch: 1, UID: p.uid, Digest: sum, Keyed: true, Received: p.now,
			Raw: ticket.Blob{Sum: sum, Size: int64(len(raw)), Inline: raw}}})
	if err != nil {
		p.t.Fatal(err)
	}
	return c.Ticket
}

// token makes a token for an agent.
func (p *place) token(agent string, scopes ...ticket.Scope) string {
	p.t.Helper()
	secret, _, err := p.desk.MakeAPIToken(context.Background(), ticket.TokenWish{Agent: agent, Name: "test", Scopes: scopes, Days: 30})
	if err != nil {
		p.t.Fatal(err)
	}
	return secret
}

// A got is what a program got.
type got struct {
	status int
	header http.Header
	body   string
}

// ask sends a request as a program does. The answer, and the body of a request that
// is taken, have to be what the description says.
func (p *place) ask(method, path, token, body string, headers ...string) got {
	p.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	p.api.ServeHTTP(w, r)
	g := got{w.Code, w.Header(), w.Body.String()}
	p.doc.check(p.t, r, body, g)
	if id := g.header.Get("X-Request-Id"); g.status >= 400 && (!strings.Contains(g.body, id) || !strings.Contains(p.log.String(), id)) {
		p.t.Errorf("%s %s: the request %q is not named in the answer or not in the log", method, path, id)
	}
	return g
}

// want demands a status, and words of the body.
func (p *place) want(g got, status int, words ...string) {
	p.t.Helper()
	if g.status != status {
		p.t.Errorf("status %d, want %d: %s", g.status, status, g.body)
	}
	for _, word := range words {
		if !strings.Contains(g.body, word) {
			p.t.Errorf("%q is not in %s", word, g.body)
		}
	}
}

// read reads the body of an answer.
func read[T any](p *place, g got) T {
	p.t.Helper()
	var v T
	if err := json.Unmarshal([]byte(g.body), &v); err != nil {
		p.t.Fatalf("%v in %s", err, g.body)
	}
	return v
}
