package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"deskpost/ticket"
)

var keptFile = regexp.MustCompile(`name="kept" value="(\d+)"`)

// TestDraftIsKept follows what an agent writes from the first word until it is sent:
// only they see it, a preview and a refusal keep its files, and it ends with Send.
func TestDraftIsKept(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Can not log in", "Since nine o'clock.")
	jane, john := p.signIn("jane"), p.signIn("john")
	form := jane.form(n, "reply", "Dear Karen,", "#take")
	jane.want(jane.upload(ticketPath(n)+"/draft", form, sentFile{"a.pdf", "application/pdf", "%PDF"}), 303)
	back := jane.get(ticketPath(n))
	jane.want(back, 200, "Draft of ", ">Dear Karen,</textarea>", `value="#take"`, "a.pdf", `value="reply" checked`)
	if other := john.get(ticketPath(n)); strings.Contains(other.body, "Dear Karen,") || strings.Contains(other.body, "a.pdf") {
		t.Error("a colleague sees the draft")
	}
	form.Set("kept", keptFile.FindStringSubmatch(back.body)[1])
	form.Set("text", "Dear Karen, see the files.")
	seen := jane.upload(ticketPath(n)+"/preview", form, sentFile{"b.txt", "text/plain", "b"})
	jane.want(seen, 200, "If you send this now", "a.pdf", "b.txt")
	form["kept"] = nil
	for _, m := range keptFile.FindAllStringSubmatch(seen.body, -1) {
		form.Add("kept", m[1])
	}
	if len(form["kept"]) != 2 {
		t.Fatalf("after the preview %d files are kept", len(form["kept"]))
	}
	form.Set("commands", "#tga x")
	slip := jane.upload(ticketPath(n), form, sentFile{"c.txt", "text/plain", "c"})
	jane.want(slip, 422, "a.pdf", "b.txt", "c.txt", ">Dear Karen, see the files.</textarea>")
	form.Set("commands", "")
	jane.want(jane.post(ticketPath(n), form), 303) // without c.txt, whose box is cleared
	e := p.lastEntry(n)
	if e.Kind != ticket.Reply || len(e.Files) != 2 || e.Files[0].Name != "a.pdf" || e.Files[1].Name != "b.txt" {
		t.Errorf("sent was %+v", e)
	}
	form.Set("auto", "yes")
	form["kept"] = nil
	jane.want(jane.post(ticketPath(n)+"/draft", form), 204) // a browser that saves late
	if after := jane.get(ticketPath(n)); strings.Contains(after.body, "Draft of ") {
		t.Error("what was sent is still a draft")
	}
}

func TestDraftIsDiscarded(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Can not log in", "Since nine o'clock.")
	other := p.mail("Another thing", "It does not go on.")
	jane := p.signIn("jane")
	jane.want(jane.post(ticketPath(n)+"/draft", url.Values{"kind": {"note"}, "text": {"hm"}}), 303)
	jane.want(jane.post(ticketPath(n)+"/draft/discard", url.Values{}), 303)
	if s := jane.get(ticketPath(n)); strings.Contains(s.body, "Draft of ") {
		t.Error("the draft is still there")
	}
	// What was begun on a ticket goes along when that is merged.
	jane.want(jane.upload(ticketPath(other)+"/draft", url.Values{"kind": {"note"}, "text": {"begun there"}}, sentFile{"a.txt", "text/plain", "a"}), 303)
	jane.want(jane.post(ticketPath(other), url.Values{"properties": {"yes"}, "status": {"closed"}, "was-status": {"new"}}), 303)
	if _, err := p.desk.Do(t.Context(), ticket.Request{Origin: ticket.FromForm, Agent: "jane", Ticket: other, Text: "#merge " + strings.TrimPrefix(ticketPath(n), "/tickets/")}); err != nil {
		t.Fatal(err)
	}
	s := jane.get(ticketPath(n))
	jane.want(s, 200, "Draft of ", "begun there", "a.txt")
	form := jane.form(n, "note", "begun there", "")
	form.Set("kept", keptFile.FindStringSubmatch(s.body)[1])
	jane.want(jane.post(ticketPath(n)+"/draft", form), 303)
	s = jane.get(ticketPath(n))
	jane.want(s, 200, "a.txt")
	form.Set("kept", keptFile.FindStringSubmatch(s.body)[1])
	jane.want(jane.post(ticketPath(n), form), 303)
	if e := p.lastEntry(n); len(e.Files) != 1 || e.Text != "begun there" {
		t.Errorf("sent was %+v", e)
	}
	// Nobody goes on writing: it ends.
	jane.want(jane.post(ticketPath(n)+"/draft", url.Values{"kind": {"note"}, "text": {"left"}}), 303)
	p.now = p.now.AddDate(0, 0, 15)
	if forgotten, err := p.desk.ForgetUnsent(t.Context()); err != nil || forgotten != 1 {
		t.Errorf("%d forgotten, %v", forgotten, err)
	}
}
