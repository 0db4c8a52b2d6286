package ledgertest_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// A conversation is a mail to the desk and what follows from it.
type conversation struct {
	number int
	kind   kind
	first  []*mail // sent by itself
	later  map[string]*mail
}

// A mail is one that a person sends to the desk. Its tag names it: it stands in
// a header field, and its text says it in a word of its own.
type mail struct {
	tag      string
	step     string // "a" is the first of its conversation
	conv     *conversation
	from     string // envelope
	to       []string
	raw      []byte
	times    int  // how often it is sent, on purpose
	accepted bool // by Postfix
	refused  string
}

// A kind is what a conversation is about.
type kind struct {
	name  string
	share int // of a hundred conversations
	mails int // that people send in it
	write func(c *conversation, rnd *rand.Rand)
	// answers says which mails a conversation of this kind waits for, and what
	// people answer; see people.answer.
	answers []answer
}

// An answer is what somebody writes once they have got a mail.
type answer struct {
	step    string
	by      string // whose mailbox
	subject string // which mail: words in its subject
	text    string // what is written; %s is the word that names the answer
	headers string
}

const (
	customerBox = "karen@customer.example"
	otherBox    = "bob@customer.example"
	agentBox    = "jane@bank.example"
)

// peopleBoxes are where people read mail.
var peopleBoxes = []string{customerBox, otherBox, agentBox, "john@bank.example", "lead@bank.example"}

var kinds = []kind{
	{name: "question", share: 18, mails: 1, write: func(c *conversation, _ *rand.Rand) { c.begin(supportBox) }},
	{name: "talk", share: 24, mails: 3, write: func(c *conversation, _ *rand.Rand) { c.begin(supportBox) }, answers: []answer{
		{step: "b", by: customerBox, subject: "Re: ", text: "I forgot to say: %s."},
		{step: "c", by: agentBox, subject: "Message: ", text: "We know now: %s."},
	}},
	{name: "commands", share: 12, mails: 2, write: func(c *conversation, _ *rand.Rand) { c.begin(supportBox) }, answers: []answer{
		{step: "c", by: agentBox, subject: "New: ", text: "#high\n#tag +ledger\n#note\n\nBetween us: %s."},
	}},
	{name: "two aliases", share: 6, mails: 1, write: func(c *conversation, _ *rand.Rand) {
		c.begin("helpdesk@bank.example", "contact@bank.example")
	}},
	{name: "two mailboxes", share: 6, mails: 1, write: func(c *conversation, _ *rand.Rand) { c.begin(supportBox, echoBox) }},
	{name: "sent twice", share: 4, mails: 2, write: func(c *conversation, _ *rand.Rand) { c.begin(supportBox).times = 2 }},
	{name: "no Message-ID", share: 6, mails: 1, write: func(c *conversation, _ *rand.Rand) {
		c.begin(supportBox).drop("Message-ID: ", "X-Ledger-Keyed: ")
	}},
	{name: "same Message-ID", share: 4, mails: 2, write: func(c *conversation, _ *rand.Rand) {
		first := c.begin(supportBox)
		id := field(first.raw, "Message-ID: ")
		second := c.mail("z", c.customer("z"), c.subject()+" again", supportBox)
		second.raw = []byte(strings.Replace(string(second.raw), field(second.raw, "Message-ID: "), id, 1))
		c.first = append(c.first, second)
	}},
	{name: "large", share: 3, mails: 1, write: func(c *conversation, rnd *rand.Rand) { c.begin(supportBox).attach(rnd, 1<<20) }},
	{name: "bounces", share: 5, mails: 2, write: func(c *conversation, _ *rand.Rand) {
		m := c.mail("a", fmt.Sprintf("gone%d@bounce.example", c.number), c.subject(), supportBox)
		c.first = append(c.first, m)
	}, answers: []answer{{step: "c", by: agentBox, subject: "New: ", text: "Where are you: %s?"}}},
	{name: "unknown sender", share: 4, mails: 1, write: func(c *conversation, _ *rand.Rand) {
		m := c.mail("a", fmt.Sprintf("nobody%d@customer.example", c.number), c.subject(), supportBox)
		c.first = append(c.first, m)
	}},
	{name: "vacation", share: 4, mails: 2, write: func(c *conversation, _ *rand.Rand) { c.begin(supportBox) }, answers: []answer{
		{step: "v", by: customerBox, subject: "Re: ", text: "I am away: %s.", headers: "Auto-Submitted: auto-replied\r\n"},
	}},
	{name: "broken", share: 4, mails: 1, write: func(c *conversation, rnd *rand.Rand) { c.breakMail(rnd) }},
}

// conversations plans about so many mails.
func conversations(seed uint64, mails int) []*conversation {
	rnd := rand.New(rand.NewPCG(seed, 10))
	corpus := newCorpus(rnd)
	all := kinds
	if corpus != nil {
		all = append(all, kind{name: "corpus", share: 5, mails: 1, write: corpus.write})
	}
	total := 0
	for _, k := range all {
		total += k.share
	}
	var plan []*conversation
	for mails > 0 {
		at, chosen := rnd.IntN(total), 0
		for ; at >= all[chosen].share; chosen++ {
			at -= all[chosen].share
		}
		c := &conversation{number: len(plan) + 1, kind: all[chosen], later: make(map[string]*mail)}
		c.kind.write(c, rnd)
		plan = append(plan, c)
		mails -= c.kind.mails
	}
	return plan
}

func (c *conversation) subject() string { return fmt.Sprintf("Question ledger-%06d", c.number) }

// customer is the address of the conversation's customer: each has their own.
func (c *conversation) customer(more string) string {
	return fmt.Sprintf("karen+%d%s@customer.example", c.number, more)
}

// begin writes the first mail.
func (c *conversation) begin(to ...string) *mail {
	m := c.mail("a", c.customer(""), c.subject(), to...)
	c.first = append(c.first, m)
	return m
}

// word is what the text of a mail says, and no other mail does.
func word(number int, step string) string { return fmt.Sprintf("word%06d%s", number, step) }

// mail writes a mail as a mail program does.
func (c *conversation) mail(step, from, subject string, to ...string) *mail {
	return c.compose(step, from, subject, "", "This is what I have to say: "+word(c.number, step)+".", to...)
}

func (c *conversation) compose(step, from, subject, headers, text string, to ...string) *mail {
	tag := fmt.Sprintf("%06d%s", c.number, step)
	_, domain, _ := strings.Cut(from, "@")
	raw := fmt.Sprintf("From: Somebody %d <%s>\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <ledger.%s.%d@%s>\r\n"+
		"X-Ledger-Tag: %s\r\nX-Ledger-Keyed: yes\r\n%sMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n",
		c.number, from, strings.Join(to, ", "), subject, time.Now().Format(time.RFC1123Z), tag, time.Now().UnixNano(), domain,
		tag, headers, strings.ReplaceAll(text, "\n", "\r\n"))
	return &mail{tag: tag, step: step, conv: c, from: from, to: to, raw: []byte(raw), times: 1}
}

// field is the line of a header field, "" if there is none.
func field(raw []byte, name string) string {
	header, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	for line := range strings.SplitSeq(header, "\r\n") {
		if strings.HasPrefix(line, name) {
			return line
		}
	}
	return ""
}

// drop leaves header fields out.
func (m *mail) drop(names ...string) {
	for _, name := range names {
		m.raw = []byte(strings.Replace(string(m.raw), field(m.raw, name)+"\r\n", "", 1))
	}
}

// attach adds a file of random bytes.
func (m *mail) attach(rnd *rand.Rand, size int) {
	header, text, _ := strings.Cut(string(m.raw), "\r\n\r\n")
	header = strings.Replace(header, "Content-Type: text/plain; charset=utf-8", "Content-Type: multipart/mixed; boundary=b", 1)
	content := make([]byte, size)
	for i := range content {
		content[i] = byte(rnd.Uint32())
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n%s\r\n--b\r\nContent-Type: application/pdf; name=scan.pdf\r\n"+
		"Content-Disposition: attachment; filename=scan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n", header, text)
	encoded := base64.StdEncoding.EncodeToString(content)
	for ; len(encoded) > 76; encoded = encoded[76:] {
		b.WriteString(encoded[:76] + "\r\n")
	}
	b.WriteString(encoded + "\r\n--b--\r\n")
	m.raw = []byte(b.String())
}
