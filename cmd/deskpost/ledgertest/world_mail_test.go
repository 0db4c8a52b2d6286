package ledgertest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"

	"deskpost/inbound/mime"
)

// A letter is a mail as the border mail server of the desk delivers it, with
// what that found out about its sender.
type letter struct {
	from, to  string
	subject   string
	id        string
	inReplyTo string
	text      string
	padding   int // bytes of an attachment
}

func (l letter) raw() []byte {
	var w bytes.Buffer
	_, domain, _ := strings.Cut(l.from, "@")
	fmt.Fprintf(&w, "Return-Path: <%s>\r\nDelivered-To: %s\r\nAuthentication-Results: %s; dmarc=pass header.from=%s\r\n",
		l.from, l.to, authserv, domain)
	fmt.Fprintf(&w, "From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: Mon, 2 Feb 2026 10:00:00 +0000\r\nMessage-ID: <%s>\r\n", l.from, l.to, l.subject, l.id)
	if l.inReplyTo != "" {
		fmt.Fprintf(&w, "In-Reply-To: <%s>\r\nReferences:\r\n <%s>\r\n", l.inReplyTo, l.inReplyTo)
	}
	w.WriteString("MIME-Version: 1.0\r\n")
	text := "Content-Type: text/plain; charset=utf-8\r\n\r\n" + strings.ReplaceAll(l.text, "\n", "\r\n") + "\r\n"
	if l.padding == 0 {
		w.WriteString(text)
		return w.Bytes()
	}
	w.WriteString("Content-Type: multipart/mixed; boundary=\"part\"\r\n\r\n--part\r\n" + text +
		"\r\n--part\r\nContent-Type: text/csv; name=\"list.csv\"\r\nContent-Disposition: attachment; filename=\"list.csv\"\r\n\r\n")
	for line := 0; w.Len() < l.padding; line++ {
		fmt.Fprintf(&w, "%s;%d;some words to fill the line with\r\n", l.id, line)
	}
	w.WriteString("--part--\r\n")
	return w.Bytes()
}

// answerTo is a letter that answers a mail of the desk as a mail program does.
func answerTo(m *mime.Message, from, id, text string) letter {
	return letter{from: from, to: m.ReplyTo[0].Address, subject: "Re: " + m.Subject, id: id, inReplyTo: m.MessageID,
		text: text + "\n\nOn Monday, the desk wrote:\n> " + strings.ReplaceAll(strings.TrimSpace(m.Text), "\n", "\n> ")}
}

// bounceOf is a report that a mail of the desk did not arrive (RFC 3464).
func bounceOf(m *mime.Message, returnPath, recipient, id string) []byte {
	return []byte(strings.ReplaceAll(fmt.Sprintf(`Return-Path: <>
Delivered-To: %s
From: Mail Delivery System <mailer-daemon@relay.example>
To: <%s>
Subject: Undelivered Mail Returned to Sender
Date: Mon, 2 Feb 2026 10:00:00 +0000
Message-ID: <%s>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="part"

--part
Content-Type: text/plain

Your mail could not be delivered.

--part
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; %s
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--part
Content-Type: text/rfc822-headers

Message-ID: <%s>
Subject: %s

--part--
`, returnPath, returnPath, id, recipient, m.MessageID, m.Subject), "\n", "\r\n"))
}

// A conversation is what one customer writes and what comes of it. All of it
// follows from the seed and its number.
type conversation struct {
	number  int
	mailbox string // where the first mail arrives
	twice   bool   // it arrives in the other mailbox as well
	padding int    // of the first mail
	replies bool   // the customer answers the acknowledgement
	bounces bool   // the acknowledgement comes back
	agent   string // first line of what the agent answers, "" for text alone, "-" for no answer
}

func conversationOf(seed uint64, number int) conversation {
	rnd := rand.New(rand.NewPCG(seed, uint64(number)))
	c := conversation{number: number, mailbox: supportBox}
	if rnd.IntN(3) == 0 {
		c.mailbox = helpBox
	}
	c.twice = rnd.IntN(5) == 0
	if rnd.IntN(25) == 0 {
		c.padding = 300 << 10 // more than is kept in memory
	}
	switch n := rnd.IntN(20); {
	case n == 0:
		c.bounces = true
	case n < 13:
		c.replies = true
	}
	c.agent = []string{"-", "-", "", "", "#note\n\n", "#resolve\n\n", "#high\n#note\n\n"}[rnd.IntN(7)]
	return c
}

func (c conversation) customer() string { return fmt.Sprintf("c%d@customer.example", c.number) }

func (c conversation) tag() string { return fmt.Sprintf("tag-%05d", c.number) }

// The Message-IDs of a conversation.
func (c conversation) firstID() string  { return fmt.Sprintf("first.%d@customer.example", c.number) }
func (c conversation) replyID() string  { return fmt.Sprintf("reply.%d@customer.example", c.number) }
func (c conversation) bounceID() string { return fmt.Sprintf("bounce.%d@relay.example", c.number) }
func (c conversation) agentID() string  { return fmt.Sprintf("agent.%d@agents.example", c.number) }

// begin delivers the first mail.
func (c conversation) begin(w *world) {
	l := letter{from: c.customer(), to: c.mailbox, subject: "Question " + c.tag(), id: c.firstID(),
		text: "Hello,\n\nthis is " + c.tag() + ".\n", padding: c.padding}
	w.deliver(c.mailbox, l.raw())
	if c.twice {
		other := helpBox
		if c.mailbox == helpBox {
			other = supportBox
		}
		// An alias: another envelope, the same mail.
		w.deliver(other, bytes.Replace(l.raw(), []byte("Delivered-To: "+c.mailbox), []byte("Delivered-To: "+other), 1))
	}
}

// talk makes people out of the conversations of a seed.
func talk(seed uint64) people {
	return func(w *world, from string, to []string, m *mime.Message) {
		_, rest, tagged := strings.Cut(m.Subject, "tag-")
		var number int
		if _, err := fmt.Sscanf(rest, "%05d", &number); !tagged || err != nil {
			return
		}
		c := conversationOf(seed, number)
		switch {
		case to[0] == johnEmail && strings.Contains(m.Subject, "New: ") && c.agent != "-":
			w.deliver(supportBox, answerTo(m, johnEmail, c.agentID(), c.agent+"Answer to "+c.tag()+".").raw())
		case to[0] == c.customer() && m.Header.Raw("Auto-Submitted") != "" && c.bounces:
			w.deliver(supportBox, bounceOf(m, from, to[0], c.bounceID()))
		case to[0] == c.customer() && m.Header.Raw("Auto-Submitted") != "" && c.replies:
			w.deliver(supportBox, answerTo(m, to[0], c.replyID(), "More about "+c.tag()+".").raw())
		}
	}
}

// idOf is the Message-ID of a mail.
func idOf(raw []byte) string { return mime.Read(bytes.NewReader(raw), mime.DefaultLimits()).MessageID }

// pending is people of whom one has every new ticket wait for two hours.
func pending(w *world, _ string, to []string, m *mime.Message) {
	if to[0] == johnEmail && strings.Contains(m.Subject, "New: ") {
		w.deliver(supportBox, answerTo(m, johnEmail, "pending."+m.MessageID, "#pending 2h\n#note\n\nLet us wait.").raw())
	}
}
