package ticket_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"deskpost/ticket"
	"deskpost/ticket/sla"
)

// hooked gives a world webhooks: one that is told all, one that is told when
// tickets of Online Banking change their status or leave, and one that is told
// nothing but by steps.
func hooked(t *testing.T) *world {
	t.Helper()
	w := bank(t)
	w.hook()
	return w
}

func (w *world) hook() {
	p := *w.desk.Policy()
	p.Webhooks = map[string]ticket.Webhook{
		"all":     {Key: "all", Events: ticket.WebhookEvents, MaxAge: 2 * time.Hour},
		"banking": {Key: "banking", Events: []ticket.EventKind{ticket.StatusChanged, ticket.DepartmentChanged}, Departments: []string{"online-banking"}, MaxAge: time.Hour},
		"pager":   {Key: "pager", MaxAge: time.Hour},
	}
	w.desk.SetPolicy(&p)
}

// deliveries lists what waits for a webhook, as "kind#ticket".
func (w *world) deliveries(webhook string) (list []string) {
	w.t.Helper()
	for _, d := range w.delivery(webhook) {
		list = append(list, fmt.Sprintf("%s#%d", d.Kind, d.Ticket))
	}
	return list
}

func (w *world) delivery(webhook string) []ticket.Delivery {
	w.t.Helper()
	all, err := w.desk.Deliveries(w.t.Context(), ticket.DeliveryFilter{Webhook: webhook, Waiting: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// tell claims what a webhook is to be told next and answers. It returns the
// delivery with the verdict, "" if there was none.
func (w *world) tell(webhook string, a ticket.WebhookAnswer) (ticket.Delivery, ticket.WebhookVerdict) {
	w.t.Helper()
	found, d, _, err := w.desk.ClaimDelivery(w.t.Context(), webhook, time.Minute)
	if err != nil {
		w.t.Fatal(err)
	}
	if !found {
		return d, ""
	}
	verdict, err := w.desk.SettleDelivery(w.t.Context(), d.ID, d.Attempts, a)
	if err != nil {
		w.t.Fatal(err)
	}
	return d, verdict
}

func (w *world) tidy() (givenUp, removed int) {
	w.t.Helper()
	givenUp, removed, err := w.desk.TidyDeliveries(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return givenUp, removed
}

var okay, unwell = ticket.WebhookAnswer{Code: 200, Text: "OK"}, ticket.WebhookAnswer{Code: 503, Text: "no"}

// TestWebhooksAreTold: each event becomes a delivery for each webhook that wants
// it, in the transaction that wrote it.
func TestWebhooksAreTold(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	w.take(from(karen, "Cannot sign in", "Help!"))
	w.want(ticket.Opened)
	notices := w.sent()
	same(t, "opened", w.deliveries("all"), []string{"opened#1001"})
	same(t, "of another department", w.deliveries("banking"), nil)
	w.take(answer(to(t, notices, ticket.NoticeNew, "jane@private.example"), "jane@private.example", "#dept online-banking\n#pending 1d\n#note\nThe password is hunter2."))
	w.want(ticket.Commanded)
	got := w.deliveries("all")
	slices.Sort(got)
	same(t, "changed", got, []string{"department#1001", "follow-up#1001", "note#1001", "opened#1001", "plan#1001", "status#1001"})
	got = w.deliveries("banking")
	slices.Sort(got)
	same(t, "of its department", got, []string{"department#1001", "status#1001"})
	for _, d := range w.delivery("all") {
		if strings.Contains(d.Body, "hunter2") || strings.Contains(d.Body, "Help!") || d.Message == "" {
			t.Errorf("delivery %d: %s", d.ID, d.Body)
		}
	}
	// What it is told when the ticket leaves it is the last it hears.
	w.take(answer(to(t, w.sent(), ticket.NoticeTranscript, "jane@private.example"), "jane@private.example", "#dept support"))
	w.want(ticket.Commanded)
	w.take(answer(to(t, w.sent(), ticket.NoticeTranscript, "jane@private.example"), "jane@private.example", "#open"))
	w.want(ticket.Commanded)
	got = w.deliveries("banking")
	slices.Sort(got)
	same(t, "left", got, []string{"department#1001", "department#1001", "status#1001"})
	// What is refused is not told.
	before := len(w.delivery("all"))
	w.take(answer(to(t, w.sent(), ticket.NoticeTranscript, "jane@private.example"), "jane@private.example", "#dept nowhere\n#high"))
	w.want(ticket.CommandHeld)
	if after := len(w.delivery("all")); after != before {
		t.Errorf("a mail that was held told %d", after-before)
	}
	w.audit()
}

// TestWebhookPayload: what is told is written down with the event, and stays.
func TestWebhookPayload(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	p := *w.desk.Policy()
	p.Page = "https://desk.example.com"
	w.desk.SetPolicy(&p)
	w.take(from(karen, "Cannot sign in", "Help!"))
	d := w.delivery("all")[0]
	w.now = w.now.Add(time.Hour)
	want := `{"id":"` + d.Message + `","type":"ticket.opened","timestamp":"2026-01-05T09:00:00Z","data":{` +
		`"event":{"kind":"opened","at":"2026-01-05T09:00:00Z","since":"2026-01-05T09:00:00Z","by":{"kind":"customer","name":"karen@customer.example"},` +
		`"before":"","after":"new","entry_id":1},` +
		`"ticket":{"number":1001,"subject":"Cannot sign in","status":"new","priority":"Normal","department":"support","plan":"sev-c",` +
		`"requester":{"email":"karen@customer.example"},"tags":[],"fields":{},"link":"https://desk.example.com/tickets/1001",` +
		`"opened_at":"2026-01-05T09:00:00Z","updated_at":"2026-01-05T09:00:00Z","deadline":"2026-01-05T10:00:00Z"}}}`
	if d.Body != want {
		t.Errorf("got  %s\nwant %s", d.Body, want)
	}
	var v map[string]any
	if err := json.Unmarshal([]byte(d.Body), &v); err != nil {
		t.Error(err)
	}
}

// TestStepTellsWebhook: a step tells a webhook once, at its minute, and one that
// is told of all steps as well hears of it once.
func TestStepTellsWebhook(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	p := *w.desk.Policy()
	plan := p.Plans["sev-c"]
	plan.Steps = slices.Clone(plan.Steps)
	plan.Steps[0].Do = []string{"webhook:pager", "webhook:all"}
	plan.Steps[1].Do = []string{"webhook:gone", "tag:+late"}
	p.Plans = map[string]ticket.Plan{"sev-c": plan}
	w.desk.SetPolicy(&p)
	w.take(from(karen, "Cannot sign in", "Help!"))
	n := w.want(ticket.Opened)
	w.until(w.now.Add(44 * time.Minute))
	same(t, "before", w.deliveries("pager"), nil)
	w.until(w.now.Add(3 * time.Minute))
	same(t, "pager", w.deliveries("pager"), []string{"step#1001"})
	same(t, "all", w.deliveries("all"), []string{"opened#1001", "step#1001"})
	d := w.delivery("pager")[0]
	if !strings.Contains(d.Body, `"kind":"step","at":"2026-01-05T09:45:00Z","since":"2026-01-05T09:45:00Z","by":{"kind":"desk"},"before":"first","after":"warn"`) {
		t.Errorf("body: %s", d.Body)
	}
	w.until(w.now.Add(time.Hour))
	same(t, "pager, later", w.deliveries("pager"), []string{"step#1001"})
	diary := strings.Join(w.diary(n, ticket.StepReached), "\n")
	if !strings.Contains(diary, "told the webhook pager, the webhook all") || !strings.Contains(diary, `there is no webhook "gone"`) {
		t.Errorf("diary: %s", diary)
	}
	w.audit()
}

// TestStaleStepTellsNoWebhook: like people, a program is not told of a warning
// that a stop has made pointless.
func TestStaleStepTellsNoWebhook(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	p := *w.desk.Policy()
	plan := p.Plans["sev-c"]
	plan.Steps = []sla.Step{{Key: "warn", Metric: sla.First, At: sla.Point{IsPart: true, Percent: 75}, Do: []string{"webhook:pager"}, Expires: 2 * time.Hour}}
	p.Plans = map[string]ticket.Plan{"sev-c": plan}
	w.desk.SetPolicy(&p)
	w.take(from(karen, "Cannot sign in", "Help!"))
	w.now = w.now.Add(2 * time.Hour)
	w.until(w.now.Add(time.Minute))
	same(t, "pager", w.deliveries("pager"), nil)
}

// TestDeliveriesInTurn: one at a time and in order; what fails is tried again
// under the same name, by the delays of mail; when the receiver is back, all at
// once.
func TestDeliveriesInTurn(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	for i := range 3 {
		w.take(from(karen, fmt.Sprint("Question ", i), "Help!"))
	}
	found, first, _, err := w.desk.ClaimDelivery(t.Context(), "all", time.Minute)
	if !found || err != nil || first.Ticket != 1001 || first.Attempts != 1 {
		t.Fatalf("claimed %v %+v, %v", found, first, err)
	}
	if found, _, due, err := w.desk.ClaimDelivery(t.Context(), "all", time.Minute); found || err != nil || !due.Equal(w.now.Add(time.Minute)) {
		t.Errorf("while one runs: %v, due %s, %v", found, due, err)
	}
	if v, err := w.desk.SettleDelivery(t.Context(), first.ID, 1, unwell); v != ticket.WebhookLater || err != nil {
		t.Errorf("verdict %q, %v", v, err)
	}
	for _, delay := range []time.Duration{time.Minute, 5 * time.Minute, time.Hour} { // the policy's delays
		w.now = w.now.Add(delay - time.Second)
		if d, v := w.tell("all", okay); v != "" {
			t.Fatalf("%s: told %+v before its time", delay, d)
		}
		w.now = w.now.Add(time.Second)
		d, v := w.tell("all", unwell)
		if v != ticket.WebhookLater || d.ID != first.ID || d.Message != first.Message || d.Body != first.Body {
			t.Fatalf("%s: %q %+v", delay, v, d)
		}
	}
	// It was tried four times: those behind it may pass.
	for _, n := range []ticket.Number{1002, 1003} {
		if d, v := w.tell("all", okay); v != ticket.WebhookTaken || d.Ticket != n {
			t.Errorf("%q, ticket %d, want %d", v, d.Ticket, n)
		}
	}
	// Since the receiver is well, the first is tried at once.
	if d, v := w.tell("all", okay); v != ticket.WebhookTaken || d.ID != first.ID || d.Attempts != 5 {
		t.Errorf("%q %+v", v, d)
	}
	same(t, "left", w.deliveries("all"), nil)
	w.audit()
}

func TestWebhookRetryAfter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ asked, want time.Duration }{{0, time.Minute}, {10 * time.Second, time.Minute}, {3 * time.Hour, 3 * time.Hour}, {1000 * time.Hour, 24 * time.Hour}} {
		w := hooked(t)
		w.take(from(karen, "Cannot sign in", "Help!"))
		w.tell("all", ticket.WebhookAnswer{Code: 429, RetryAfter: c.asked})
		if d := w.delivery("all")[0]; d.DueAt.Sub(w.now) != c.want {
			t.Errorf("asked for %s: in %s", c.asked, d.DueAt.Sub(w.now))
		}
	}
}

// TestWebhookAnswerIsText: a long answer is cut between two characters. PostgreSQL
// takes no half of one, so the delivery could never be settled and would be sent
// again for ever.
func TestWebhookAnswerIsText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{strings.Repeat("ü", 250), "x" + strings.Repeat("ü", 250)} {
		w := hooked(t)
		w.take(from(karen, "Cannot sign in", "Help!"))
		w.tell("all", ticket.WebhookAnswer{Code: 503, Text: text})
		if answer := w.delivery("all")[0].Answer; !utf8.ValidString(answer) || len(answer) < 298 || len(answer) > 300 {
			t.Errorf("kept %d bytes: %q", len(answer), answer)
		}
	}
}

// TestWebhookGone: a receiver that says it is gone is asked no more, and loses
// nothing if that was a mistake.
func TestWebhookGone(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	w.take(from(karen, "Cannot sign in", "Help!"))
	if _, v := w.tell("all", ticket.WebhookAnswer{Code: 410, Text: "Gone"}); v != ticket.WebhookPaused {
		t.Fatalf("verdict %q", v)
	}
	w.now = w.now.Add(30 * time.Minute)
	w.take(from(karen, "Still not", "Help!"))
	if _, v := w.tell("all", okay); v != "" {
		t.Error("a paused webhook was told")
	}
	h, err := w.desk.Health(t.Context(), "lead")
	if err != nil || len(h.Webhooks) != 3 || h.Webhooks[0].PausedWhy != "410 Gone" || h.Webhooks[0].Waiting != 2 {
		t.Errorf("health %+v, %v", h.Webhooks, err)
	}
	if err := w.desk.ResumeWebhook(t.Context(), "jane", "all"); err == nil {
		t.Error("an agent who is no admin resumed it")
	}
	if err := w.desk.ResumeWebhook(t.Context(), "", "nowhere"); err == nil {
		t.Error("a webhook that is not there was resumed")
	}
	if err := w.desk.ResumeWebhook(t.Context(), "lead", "all"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, v := w.tell("all", okay); v != ticket.WebhookTaken {
			t.Errorf("after the pause: %q", v)
		}
	}
	w.audit()
}

// TestWebhookGivenUp: what is not taken for max_age is given up and said, by the
// attempt that fails then, or by the clock where its turn did not come.
func TestWebhookGivenUp(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	w.take(from(karen, "Cannot sign in", "Help!"))
	w.take(from(karen, "Still not", "Help!"))
	w.tell("all", unwell)
	w.now = w.now.Add(2 * time.Hour)
	if _, v := w.tell("all", unwell); v != ticket.WebhookGivenUp {
		t.Fatalf("verdict %q", v)
	}
	if given, _ := w.tidy(); given != 0 {
		t.Errorf("%d were given up that may still have a turn", given)
	}
	w.now = w.now.Add(time.Hour + time.Minute)
	if given, _ := w.tidy(); given != 1 {
		t.Errorf("%d given up, want 1", given)
	}
	same(t, "waiting", w.deliveries("all"), nil)
	if got := strings.Join(append(w.diary(1001, ticket.WebhookFailed), w.diary(1002, ticket.WebhookFailed)...), "\n"); !strings.Contains(got, "tried 2 times: 503 no") || !strings.Contains(got, "its turn did not come") {
		t.Errorf("diary: %s", got)
	}
	// Somebody may have both tried again, and they are tried as long as new ones.
	for id := int64(1); id <= 2; id++ {
		if done, err := w.desk.RetryDelivery(t.Context(), "lead", id); !done || err != nil {
			t.Errorf("retry %d: %v, %v", id, done, err)
		}
	}
	if _, v := w.tell("all", unwell); v != ticket.WebhookLater {
		t.Errorf("verdict %q", v)
	}
	if done, err := w.desk.DropDelivery(t.Context(), "", 1); !done || err != nil {
		t.Errorf("drop: %v, %v", done, err)
	}
	if done, err := w.desk.DropDelivery(t.Context(), "", 1); done || err != nil {
		t.Errorf("drop again: %v, %v", done, err)
	}
	if _, err := w.desk.DropDelivery(t.Context(), "jane", 2); err == nil {
		t.Error("an agent who is no admin dropped one")
	}
	w.now = w.now.Add(31 * 24 * time.Hour)
	w.tidy()
	left, err := w.desk.Deliveries(t.Context(), ticket.DeliveryFilter{Webhook: "all"})
	if err != nil || len(left) != 1 || left[0].ID != 2 {
		t.Errorf("left after a month: %+v, %v", left, err)
	}
	w.audit()
}

// TestWebhookDoubt: an attempt whose end is not known is made again under the same
// name; one that ends late counts only if the receiver took it.
func TestWebhookDoubt(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	w.take(from(karen, "Cannot sign in", "Help!"))
	claim := func() ticket.Delivery {
		found, d, _, err := w.desk.ClaimDelivery(t.Context(), "all", time.Minute)
		if !found || err != nil {
			t.Fatalf("%v, %v", found, err)
		}
		return d
	}
	first := claim()
	w.now = w.now.Add(time.Minute) // its lease has ended
	second := claim()
	if second.Message != first.Message || second.Attempts != 2 {
		t.Errorf("%+v", second)
	}
	if v, err := w.desk.SettleDelivery(t.Context(), first.ID, 1, unwell); v != ticket.WebhookStale || err != nil {
		t.Errorf("late refusal: %q, %v", v, err)
	}
	if v, err := w.desk.SettleDelivery(t.Context(), first.ID, 1, okay); v != ticket.WebhookTaken || err != nil {
		t.Errorf("late success: %q, %v", v, err)
	}
	if v, err := w.desk.SettleDelivery(t.Context(), first.ID, 2, unwell); v != ticket.WebhookStale || err != nil {
		t.Errorf("after that: %q, %v", v, err)
	}
	// A program that starts again takes up at once what it had in hand.
	w.take(from(karen, "Still not", "Help!"))
	claim()
	if err := w.desk.RecoverDeliveries(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, v := w.tell("all", okay); v != ticket.WebhookTaken {
		t.Errorf("after a start: %q", v)
	}
	w.audit()
}

// TestWebhookLeft: what waits for a webhook that has left the config is given up
// like mail.
func TestWebhookLeft(t *testing.T) {
	t.Parallel()
	w := hooked(t)
	w.take(from(karen, "Cannot sign in", "Help!"))
	p := *w.desk.Policy()
	p.Webhooks = nil
	w.desk.SetPolicy(&p)
	if given, _ := w.tidy(); given != 0 {
		t.Errorf("%d given up at once", given)
	}
	w.now = w.now.Add(p.Retries.GiveUp + 2*time.Hour)
	if given, _ := w.tidy(); given != 1 {
		t.Errorf("%d given up", given)
	}
}
