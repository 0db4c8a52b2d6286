package browsertest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// dora is the customer of the demo who has not written yet.
const (
	dora     = "Dora New <dora@customer.example>"
	dorasBox = "dora@customer.example"
)

// TestTutorial is the life of a ticket as agents click through it: two of them,
// in two departments, and a customer who writes mail. Each step leaves a picture.
func TestTutorial(t *testing.T) {
	d := newDesk(t)
	const subject = "Entire mobile banking system is down"
	d.write(t, dora, subject, "Hello,\n\nnobody here can sign in since 9 o'clock.\n\nDora New")
	ack := d.await(t, dorasBox, subject, "")
	number := ticketNumber(t, ack.subject)
	pages := 0
	step := func(b *tab, name string) {
		pages++
		b.shot(fmt.Sprintf("tutorial-%02d-%s", pages, name))
	}

	// John works in Support. He signs in with his password and finds the ticket.
	john := newTab(t, d.url, screen)
	john.open("/tickets/" + number)
	john.reads("Sign in")
	step(john, "sign-in")
	john.fill("Mail address", "john@bank.example")
	john.fill("Password", "wrong")
	john.press("Sign in")
	john.reads("Address and password do not belong together.")
	step(john, "wrong-password")
	john.fill("Password", password)
	john.press("Sign in")
	john.reads("Sign out", subject)
	john.open("/tickets?q=unassigned")
	step(john, "queue")
	john.follow(subject)
	john.reads("nobody here can sign in since 9 o'clock", "Dora New")
	step(john, "new-ticket")

	john.choose("Priority", "Emergency")
	john.choose("SLA plan", "Sev-A")
	john.choose("Assignee", "John Smith")
	john.press("Change")
	john.reads("priority: Normal -> Emergency", "nobody -> John Smith", "Sev-A")
	for label, want := range map[string]string{"Priority": "Emergency", "SLA plan": "Sev-A", "Assignee": "John Smith"} {
		if got := john.chosen(label); got != want {
			t.Errorf("%s shows %q, want %q", label, got, want)
		}
	}
	step(john, "properties")
	john.tick("Note")
	john.fill("Text", "Whole system down, not one account. Jane, can you take this one?")
	john.press("Send")
	john.reads("Note", "Whole system down")
	step(john, "note")
	john.choose("Department", "Online Banking")
	john.press("Change")
	john.reads("#dept online-banking", "Sign out") // he may not read it there, and is told that it went well
	step(john, "transferred")
	john.open("/tickets/" + number)
	john.reads("There is no ticket " + number + " that you may read.")

	// Jane works in Online Banking. She has a link mailed to her.
	jane := newTab(t, d.url, screen)
	jane.open("/sign-in")
	jane.fill("Mail address", "jane@bank.example")
	jane.press("Sign in")
	jane.reads("a link is on its way")
	step(jane, "link-mailed")
	jane.open(signInLink(t, d, "jane@bank.example"))
	step(jane, "link")
	jane.press("Sign in")
	jane.reads("Jane Doe", "Sign out")
	jane.open("/tickets?q=new+open")
	jane.reads(subject)
	jane.follow(subject)
	jane.reads("Message", "Note", "Whole system down", "department: Support -> Online Banking", "priority: Normal -> Emergency")
	jane.choose("Assignee", "Jane Doe")
	jane.press("Change")
	if got := jane.chosen("Assignee"); got != "Jane Doe" {
		t.Errorf("the ticket is assigned to %q", got)
	}
	step(jane, "taken")

	jane.tick("Reply")
	jane.fill("Text", "Hello Dora,\nwe found the cause and expect to be back within the hour.")
	jane.press("Send")
	jane.reads("Reply Jane Doe", "we found the cause")
	reply := d.await(t, dorasBox, subject, "we found the cause")
	if strings.Contains(reply.text, "Whole system down") || strings.Contains(reply.text, "jane@bank.example") {
		t.Errorf("the customer reads what is not for her:\n%s", reply.text)
	}
	waitFor(jane, "/tickets/"+number, dorasBox+": sent")
	step(jane, "replied")
	jane.tick("Note")
	jane.fill("Text", "Database node 2 has a full disk. Failing over.")
	jane.press("Send")
	jane.reads("Database node 2")
	jane.tick("Reply")
	jane.fill("Text", "Online banking is back. Please tell us if anything is still odd.")
	jane.press("Send and resolve")
	jane.reads("Online banking is back.", "status: open -> resolved")
	if got := jane.chosen("Status"); got != "resolved" {
		t.Errorf("the ticket is %s", got)
	}
	step(jane, "resolved")
	resolved := d.await(t, dorasBox, subject, "Online banking is back.")
	if strings.Contains(resolved.text, "full disk") {
		t.Errorf("the customer reads a note:\n%s", resolved.text)
	}

	d.answer(t, dora, resolved, "The app still shows yesterday's balance!")
	waitFor(jane, "/tickets/"+number, "yesterday's balance")
	if got := jane.chosen("Status"); got != "open" {
		t.Errorf("after the customer's answer the ticket is %s", got)
	}
	step(jane, "open-again")
	jane.open("/tickets?q=mine")
	jane.reads(subject)
	step(jane, "mine")
	jane.press("Sign out")
	jane.open("/tickets/" + number)
	jane.reads("Mail address")
}

// waitFor looks at a page until it says something that only a mail brings.
func waitFor(b *tab, path, words string) {
	b.t.Helper()
	var there bool
	for deadline := time.Now().Add(patience); !there && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		b.open(path)
		b.ask(fmt.Sprintf(`document.body.innerText.includes(%q)`, words), &there)
	}
	if !there {
		b.t.Fatalf("it does not come to say %q: %s", words, b.where())
	}
}

// ticketNumber finds the number in a subject such as "[#1004] Help".
func ticketNumber(t *testing.T, subject string) string {
	t.Helper()
	m := regexp.MustCompile(`#(\d+)`).FindStringSubmatch(subject)
	if m == nil {
		t.Fatalf("no ticket is named in %q", subject)
	}
	return m[1]
}

// signInLink waits for the mail that signs somebody in, and gives the path of its
// link.
func signInLink(t *testing.T, d *desk, mailbox string) string {
	t.Helper()
	text := d.await(t, mailbox, "Sign in to the desk", "/sign-in/").text
	path := regexp.MustCompile(`/sign-in/\S+`).FindString(text)
	if path == "" || !strings.Contains(text, d.url+path) {
		t.Fatalf("the mail has no link to %s:\n%s", d.url, text)
	}
	return path
}
