package inbound

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"deskpost/inbound/mime"
)

func classify(t *testing.T, mail string) Class {
	t.Helper()
	return Classify(mime.Read(strings.NewReader(mail), mime.DefaultLimits()))
}

// TestTwoQuestions pairs header fields with the two answers. Mixing them loses
// people's mail: a machine's mail reopens nothing, a silent one is only not
// answered.
func TestTwoQuestions(t *testing.T) {
	t.Parallel()
	const (
		human  = "human"
		silent = "human, not answered"
		robot  = "machine"
	)
	for header, want := range map[string]string{
		"Subject: hello":                    human,
		"Auto-Submitted: no":                human,
		"Auto-Submitted: No; x=y":           human,
		"Auto-Submitted: auto-replied":      robot,
		"Auto-Submitted: Auto-Replied; a=b": robot,
		"Auto-Submitted: auto-generated":    robot,
		"Return-Path: <>":                   robot,
		"Return-Path: <jane@example.com>":   human,
		"Precedence: auto_reply":            robot,
		"X-Autoreply: yes":                  robot,
		"X-Autorespond: x":                  robot,
		"X-AutoReply-From: x@example.com":   robot,
		"X-MS-Exchange-Inbox-Rules-Loop: x\r\nX-Auto-Response-Suppress: All": robot,
		"X-MS-Exchange-Inbox-Rules-Loop: x":                                  human,
		"X-Deskpost-Notice: 1":                                               silent, // a person may have answered from another desk
		"X-Auto-Response-Suppress: All":                                      silent,
		"X-Auto-Response-Suppress: DR, OOF":                                  silent,
		"X-Auto-Response-Suppress: AutoReply":                                silent,
		"X-Auto-Response-Suppress: DR, RN":                                   human,
		"Precedence: bulk":                                                   silent,
		"Precedence: list":                                                   silent,
		"Precedence: junk":                                                   silent,
		"List-Id: <x.example.com>":                                           silent,
		"List-Unsubscribe: <mailto:x@y>":                                     silent,
		"List-Post: <mailto:x@y>":                                            silent,
		"X-Loop: x":                                                          silent,
		"From: no-reply@example.com":                                         silent,
		"From: list-request@example.com":                                     silent,
		"From: owner-list@example.com":                                       silent,
		"From: list-bounces@example.com":                                     silent,
		"Subject: Automatic reply: hello":                                    human,
		"Subject: Out of office key is lost":                                 human,
		"Subject: Automatic reply: hello\r\nX-Auto-Response-Suppress: All":   robot,
		"Subject: Abwesenheit\r\nPrecedence: bulk":                           robot,
	} {
		if !strings.Contains(header, "From:") {
			header += "\r\nFrom: jane@example.com"
		}
		c := classify(t, header+"\r\n\r\nHello\r\n")
		got := human
		switch {
		case c.Machine && c.NoAnswer:
			got = robot
		case c.Machine:
			got = "machine, but answered"
		case c.NoAnswer:
			got = silent
		}
		if got != want {
			t.Errorf("%q: %s, want %s (%q)", header, got, want, c.Why)
		}
		if got != human && len(c.Why) == 0 {
			t.Errorf("%q: no reason given", header)
		}
	}
}

func TestGenerated(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{"auto-generated": true, "auto-replied": false, "no": false} {
		if c := classify(t, "Auto-Submitted: "+value+"\r\n\r\nx"); c.Generated != want {
			t.Errorf("%s: generated %v, want %v", value, c.Generated, want)
		}
	}
}

// dsn builds a delivery status notification (RFC 3464) with these groups.
func dsn(groups ...string) string {
	return "From: MAILER-DAEMON@mx.example.com\r\nTo: help@example.org\r\nSubject: Mail\r\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n" +
		"--b\r\n\r\nSee below.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n" +
		strings.Join(groups, "\r\n\r\n") + "\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nTo: x@example.com\r\nSubject: original\r\n\r\nbody\r\n--b--\r\n"
}

// TestBounces reads delivery reports: for good, delayed, of several recipients
// (F38).
func TestBounces(t *testing.T) {
	t.Parallel()
	const to = "From: Mail Delivery System <MAILER-DAEMON@mx.example.com>\r\nTo: help@example.org\r\n"
	for name, test := range map[string]struct {
		mail string
		kind Kind
		want []string // recipient status permanent
	}{
		"failed":    {dsn("Final-Recipient: rfc822; Jane@Example.com\r\nAction: failed\r\nStatus: 5.1.1"), KindBounce, []string{"jane@example.com 5.1.1 permanent"}},
		"delayed":   {dsn("Final-Recipient: rfc822; a@b.example\r\nAction: delayed\r\nStatus: 4.4.1"), KindDelay, []string{"a@b.example 4.4.1 delayed"}},
		"delivered": {dsn("Final-Recipient: rfc822; a@b.example\r\nAction: delivered\r\nStatus: 2.0.0"), KindReceipt, nil},
		"two of three": {dsn("Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 4.4.7",
			"Final-Recipient: rfc822; c@d.example\r\nAction: relayed\r\nStatus: 2.1.9",
			"Final-Recipient: rfc822; e@f.example\r\nAction: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: smtp; 552 5.2.2 full"), KindBounce,
			[]string{"a@b.example 4.4.7 temporary", "e@f.example 5.2.2 permanent"}},
		"code only":     {dsn("Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nDiagnostic-Code: smtp; 450 try later"), KindBounce, []string{"a@b.example  temporary"}},
		"original only": {dsn("Original-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1"), KindBounce, []string{"a@b.example 5.1.1 permanent"}},
		"qmail": {to + "Subject: failure notice\r\n\r\nHi. This is the qmail-send program at mx.example.com.\r\nI'm afraid I wasn't able to deliver your message.\r\n\r\n<a@b.example>:\r\n192.0.2.1 does not like recipient.\r\nRemote host said: 550 5.1.1 no such user\r\n\r\n--- Below this line is a copy of the message.\r\n\r\nTo: not@this.example\r\n",
			KindBounce, []string{"a@b.example 5.1.1 permanent"}},
		"exim": {to + "X-Failed-Recipients: a@b.example\r\nSubject: Mail delivery failed\r\n\r\nThis message was created automatically by mail delivery software.\r\n\r\n  a@b.example\r\n    SMTP error from remote mail server: 452 4.2.2 mailbox full\r\n",
			KindBounce, []string{"a@b.example 4.2.2 temporary"}},
		"exim header only": {"From: x@mx.example.com\r\nX-Failed-Recipients: a@b.example, c@d.example\r\n\r\nsorry\r\n", KindBounce,
			[]string{"a@b.example  permanent", "c@d.example  permanent"}},
		"postfix": {to + "Subject: Undelivered Mail Returned to Sender\r\n\r\nThis is the mail system at host mx.example.com.\r\n\r\n<a@b.example>: host mx[192.0.2.1] said: 550 5.7.1 rejected (in reply to\r\n    RCPT TO command)\r\n",
			KindBounce, []string{"a@b.example 5.7.1 permanent"}},
		"exchange": {"From: System Administrator <postmaster@b.example>\r\nSubject: Undeliverable: x\r\n\r\nYour message did not reach some or all of the intended recipients.\r\n\r\n      a@b.example on 3/3/2026\r\n            The e-mail account does not exist. <b.example #5.1.1>\r\n",
			KindBounce, []string{"a@b.example 5.1.1 permanent"}},
		"warning":      {to + "Subject: Warning: message delayed\r\n\r\nThis is a warning message only. It has not yet been delivered:\r\n\r\n  a@b.example\r\n", KindDelay, []string{"a@b.example  delayed"}},
		"feedback":     {"Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nOriginal-Rcpt-To: a@b.example\r\n--b--\r\n", KindReport, []string{"a@b.example  temporary"}},
		"read receipt": {"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\nFinal-Recipient: rfc822;a@b\r\nDisposition: manual-action; displayed\r\n--b--\r\n", KindReceipt, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := classify(t, test.mail)
			if c.Kind != test.kind || !c.Machine || !c.NoAnswer {
				t.Errorf("kind %s, machine %v, no answer %v, want a %s", c.Kind, c.Machine, c.NoAnswer, test.kind)
			}
			var got []string
			for _, b := range c.Bounces {
				how := "temporary"
				switch {
				case b.Delayed:
					how = "delayed"
				case b.Permanent:
					how = "permanent"
				}
				got = append(got, b.Recipient+" "+b.Status+" "+how)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("bounces %q, want %q", got, test.want)
			}
		})
	}
}

// TestNoBounce has people's mails that speak of bounces.
func TestNoBounce(t *testing.T) {
	t.Parallel()
	for name, mail := range map[string]string{
		"about a bounce":      "From: jane@example.com\r\nSubject: Undelivered Mail Returned to Sender\r\n\r\nWhy do I get this for <a@b.example>: 550 5.1.1?\r\n",
		"forwarded a report":  "From: jane@example.com\r\nSubject: Fwd: failure\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\n--out\r\n\r\nsee\r\n--out\r\nContent-Type: message/rfc822\r\n\r\n" + dsn("Final-Recipient: rfc822; a@b.example\r\nAction: failed") + "--out--\r\n",
		"attached the status": "From: jane@example.com\r\nSubject: what is this?\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\n--b--\r\n",
	} {
		if c := classify(t, mail); c.Machine || c.NoAnswer || c.Kind != KindMessage || len(c.Bounces) > 0 {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	mail := "From: Jane <jane@example.com>\r\nTo: help@example.org\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <1@example.com>\r\n\r\nIt works.\r\n\r\nOn 3 Mar 2026 Bob wrote:\r\n> x\r\n"
	in, err := Inspect("a.eml", strings.NewReader(mail))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"file":"a.eml","subject":"Grüße","from":{"name":"Jane","address":"jane@example.com"},"to":["help@example.org"],"cc":[],` +
		`"message_id":"1@example.com","text":"It works.\n\nOn 3 Mar 2026 Bob wrote:\n\u003e x","new_text":"It works.","attachments":null,` +
		`"kind":"message","machine":false,"no_answer":false,"why":null,"bounces":null,"problems":null}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// FuzzClassify checks that any mail gets a kind, and that machine's mail is
// never answered.
func FuzzClassify(f *testing.F) {
	f.Add([]byte(dsn("Final-Recipient: rfc822; a@b.example\r\nAction: failed")))
	f.Add([]byte("From: MAILER-DAEMON\r\n\r\nHi. This is the qmail\r\n<a@b>:\r\n550 5.1.1 no\r\n"))
	f.Add([]byte("Auto-Submitted: auto-generated\r\nX-Failed-Recipients: a@b\r\n\r\nx"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c := Classify(mime.Read(strings.NewReader(string(raw)), mime.DefaultLimits()))
		if c.Kind == "" || c.Machine && !c.NoAnswer || len(c.Bounces) > maxBounces {
			t.Errorf("%+v", c)
		}
	})
}
