package web_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestCannedIsInserted demands that a canned reply comes into the text filled in,
// behind what is there, and that nothing else happens but that it is kept.
func TestCannedIsInserted(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Can not log in", "Since nine o'clock.")
	jane := p.signIn("jane")
	p.outbox()
	before := p.lastEntry(n).ID
	page := jane.get(ticketPath(n))
	jane.want(page, 200, `<option value="reset">Reset your password</option>`)
	if strings.Contains(page.body, "Lost card") {
		t.Error("a canned reply of another department is offered")
	}
	form := jane.form(n, "note", "Mine <first>.\r\n", "#take")
	form.Set("canned", "reset")
	filled := fmt.Sprintf("Mine &lt;first&gt;.\n\nDear Karen,\n\nyour ticket is %d.</textarea>", n)
	jane.want(jane.post(ticketPath(n)+"/canned", form), 200, filled, `value="note" checked`, `value="#take"`)
	jane.want(jane.get(ticketPath(n)), 200, filled, "Draft of")
	if out := p.outbox(); len(out) > 0 || p.lastEntry(n).ID != before {
		t.Errorf("it has sent %+v, or written something", out)
	}
	script := jane.get(ticketPath(n) + "/canned/reset")
	jane.want(script, 200, fmt.Sprintf(`{"text":"Dear Karen,\n\nyour ticket is %d."}`, n))
	if got := script.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("a script gets %s", got)
	}
}

// TestCannedIsRefused demands that what is missing is named, and that the text
// stays.
func TestCannedIsRefused(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	n := p.mail("Can not log in", "Since nine o'clock.")
	jane := p.signIn("jane")
	form := jane.form(n, "reply", "Mine.", "")
	form.Set("canned", "number")
	jane.want(jane.post(ticketPath(n)+"/canned", form), 422, "{{field:contract}} is empty on this ticket", ">Mine.</textarea>")
	jane.want(jane.get(ticketPath(n)+"/canned/number"), 422, `{"problem":"{{field:contract}} is empty on this ticket`)
	jane.want(jane.post(ticketPath(n), jane.form(n, "note", "", "#field contract=47")), 303)
	jane.want(jane.get(ticketPath(n)+"/canned/number"), 200, `{"text":"Your contract is 47."}`)
	form.Set("canned", "")
	jane.want(jane.post(ticketPath(n)+"/canned", form), 422, "Which canned reply? There are: number, reset", ">Mine.</textarea>")
	vera := p.signIn("vera")
	if s := vera.get(ticketPath(n)); strings.Contains(s.body, "Canned reply") {
		t.Error("who may not reply is offered canned replies")
	}
	vera.want(vera.get(ticketPath(n)+"/canned/reset"), 403, `needs the right \"reply\"`)
}
