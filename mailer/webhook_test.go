package mailer

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"crypto/x509"

	"deskpost/ticket"
)

const testSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func fixedSecret() (string, error) { return testSecret, nil }

// TestWebhookSignature holds the signature to the example that the Standard
// Webhooks specification gives for its scheme.
func TestWebhookSignature(t *testing.T) {
	t.Parallel()
	secret, err := ParseWebhookSecret(testSecret)
	if err != nil {
		t.Fatal(err)
	}
	const message, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", `{"test": 2432232314}`
	const want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	if got := secret.Sign(message, time.Unix(1614265330, 0), body); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	two, err := ParseWebhookSecret(testSecret + " whsec_" + strings.Repeat("QUJD", 8))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(two.Sign(message, time.Unix(1614265330, 0), body)); len(got) != 2 || got[0] != want || got[1] == want {
		t.Errorf("with two secrets: %q", got)
	}
	for _, wrong := range []string{"", "hunter2", "whsec_hunter2", "whsec_QUJD", "whsec_" + strings.Repeat("QUJD", 22), testSecret + " x"} {
		if _, err := ParseWebhookSecret(wrong); err == nil {
			t.Errorf("%q is taken for a secret", wrong)
		} else if wrong != "" && strings.Contains(err.Error(), wrong) {
			t.Errorf("the secret is printed: %v", err)
		}
	}
}

// TestRow_S14_Webhooks: webhooks reach nothing but the Internet, however an
// address is written; with allow_private also the own network, but never what is
// for special purposes.
func TestRow_S14_Webhooks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ address, want string }{
		{"8.8.8.8", ""}, {"2001:4860:4860::8888", ""}, {"::ffff:8.8.8.8", ""}, {"64:ff9b::8.8.8.8", ""},
		{"127.0.0.1", "own"}, {"127.255.255.254", "own"}, {"10.0.0.1", "own"}, {"172.16.0.1", "own"}, {"172.31.255.255", "own"},
		{"192.168.1.1", "own"}, {"100.64.0.1", "own"}, {"::1", "own"}, {"fd00::1", "own"}, {"::ffff:127.0.0.1", "own"},
		{"::ffff:a00:1", "own"}, {"64:ff9b::127.0.0.1", "own"}, {"64:ff9b::a00:1", "own"},
		{"0.0.0.0", "never"}, {"0.1.2.3", "never"}, {"169.254.169.254", "never"}, {"::ffff:169.254.169.254", "never"},
		{"64:ff9b::169.254.169.254", "never"}, {"192.0.0.1", "never"}, {"192.0.2.1", "never"}, {"198.18.0.1", "never"},
		{"224.0.0.1", "never"}, {"240.0.0.1", "never"}, {"255.255.255.255", "never"}, {"::", "never"}, {"fe80::1", "never"},
		{"fe80::1%eth0", "never"}, {"fec0::1", "never"}, {"ff02::1", "never"}, {"::127.0.0.1", "never"}, {"64:ff9b:1::1", "never"},
		{"2002:7f00:1::", "never"}, {"2001:0:7f00:1::", "never"}, {"2001:db8::1", "never"}, {"100::1", "never"}, {"5f00::1", "never"},
	} {
		a := netip.MustParseAddr(c.address)
		if err := CheckWebhookAddress(a, false); (err == nil) != (c.want == "") {
			t.Errorf("%s: %v", c.address, err)
		}
		if err := CheckWebhookAddress(a, true); (err == nil) != (c.want != "never") {
			t.Errorf("%s with allow_private: %v", c.address, err)
		}
	}
}

// TestRow_S14_WebhookDials: the address that is connected to is what counts,
// whatever the name was; nothing arrives at a port of this machine.
func TestRow_S14_WebhookDials(t *testing.T) {
	t.Parallel()
	var hits sync.Map
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { hits.Store(r.Host, true) }))
	t.Cleanup(server.Close)
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost", "127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]",
		"[::ffff:7f00:1]", "0", "0.0.0.0", "[::]", "[::1]", "127.0.0.1.", "①②⑦.⓪.⓪.①", "localhost.", "LOCALHOST"} {
		e := NewEndpoint("https://"+host+":"+port+"/", fixedSecret, authorities(t, server), false)
		if a := e.Post(t.Context(), time.Now(), "msg_1", "{}"); a.Code != 0 {
			t.Errorf("%s was reached: %+v", host, a)
		}
	}
	e := NewEndpoint("http://127.0.0.1:"+port+"/", fixedSecret, nil, false)
	if a := e.Post(t.Context(), time.Now(), "msg_1", "{}"); a.Code != 0 || !strings.Contains(a.Text, "allow_private") {
		t.Errorf("got %+v", a)
	}
	hits.Range(func(host, _ any) bool { t.Errorf("a request for %s arrived", host); return true })
}

// authorities are those that a test server was certified by.
func authorities(t *testing.T, server *httptest.Server) *x509.CertPool {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})) {
		t.Fatal("the test server has no certificate")
	}
	return pool
}

// receiver is a test server and an endpoint that reaches it.
func receiver(t *testing.T, answer http.HandlerFunc) *Endpoint {
	t.Helper()
	server := httptest.NewTLSServer(answer)
	t.Cleanup(server.Close)
	return NewEndpoint(server.URL+"/in", fixedSecret, authorities(t, server), true)
}

func TestWebhookPost(t *testing.T) {
	t.Parallel()
	now := time.Unix(1614265330, 0)
	var met []string
	e := receiver(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		met = append(met, r.Method, r.URL.Path, r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp"), r.Header.Get("Webhook-Signature"),
			r.Header.Get("Content-Type"), string(body))
		w.WriteHeader(202)
		_, _ = io.WriteString(w, "thank\nyou")
	})
	a := e.Post(t.Context(), now, "msg_p5jXN8AQM9LWM0D4loKWxJek", `{"test": 2432232314}`)
	if a != (ticket.WebhookAnswer{Code: 202, Text: "thank you"}) {
		t.Errorf("answer %+v", a)
	}
	want := []string{"POST", "/in", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "application/json", `{"test": 2432232314}`}
	if fmt.Sprint(met) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", met, want)
	}
}

// TestWebhookAnswers: whatever a receiver does ends soon, in an answer that says
// what it was.
func TestWebhookAnswers(t *testing.T) {
	t.Parallel()
	now := time.Unix(1614265330, 0)
	var elsewhere bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere = true }))
	t.Cleanup(other.Close)
	for name, c := range map[string]struct {
		do         http.HandlerFunc
		code       int
		text       string
		retryAfter time.Duration
	}{
		"refuses":      {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no such hook", 404) }, 404, "no such hook", 0},
		"says nothing": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, 500, "Internal Server Error", 0},
		"is busy":      {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "90"); w.WriteHeader(429) }, 429, "", 90 * time.Second},
		"names a date": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "Thu, 25 Feb 2021 15:03:10 GMT")
			w.WriteHeader(503)
		}, 503, "", time.Minute},
		"names the past": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "Thu, 25 Feb 1999 15:03:10 GMT")
			w.WriteHeader(503)
		}, 503, "", 0},
		"names nonsense": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "-1"); w.WriteHeader(503) }, 503, "", 0},
		"redirects": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		}, 307, "do not follow", 0},
		"babbles": {func(w http.ResponseWriter, _ *http.Request) {
			for range 1000 {
				_, _ = io.WriteString(w, strings.Repeat("x", 1<<10))
			}
		}, 200, "xxx", 0},
		"dies after the request": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.ReadAll(r.Body)
			panic(http.ErrAbortHandler)
		}, 0, "EOF", 0},
		"dies in the answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(200)
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, 200, "half", 0},
	} {
		e := receiver(t, c.do)
		a := e.Post(t.Context(), now, "msg_1", "{}")
		if a.Code != c.code || !strings.Contains(a.Text, c.text) || a.RetryAfter != c.retryAfter || len(a.Text) > 600 {
			t.Errorf("%s: got %+v", name, a)
		}
	}
	if elsewhere {
		t.Error("a redirect was followed")
	}
}

func TestWebhookHangs(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	e := receiver(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	e.client.Timeout = 50 * time.Millisecond
	if a := e.Post(t.Context(), time.Now(), "msg_1", "{}"); a.Code != 0 || !strings.Contains(a.Text, "no answer within") {
		t.Errorf("got %+v", a)
	}
}

// TestWebhookTLS: nobody is told who is not proven to be the one that is meant.
func TestWebhookTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") }))
	t.Cleanup(server.Close)
	server.Config.ErrorLog = nil
	e := NewEndpoint(server.URL, fixedSecret, nil, true)
	if a := e.Post(t.Context(), time.Now(), "msg_1", "{}"); a.Code != 0 || !strings.Contains(a.Text, "certificate") {
		t.Errorf("got %+v", a)
	}
}

func TestWebhookSecretGone(t *testing.T) {
	t.Parallel()
	e := NewEndpoint("https://hooks.example.com/T0K3N", func() (string, error) { return "", errors.New("there is no file x") }, nil, false)
	if a := e.Post(t.Context(), time.Now(), "msg_1", "{}"); a.Code != 0 || a.Text != "not sent: look up the secret: there is no file x" {
		t.Errorf("got %+v", a)
	}
}

// A webhookDesk is one whose deliveries are tried until they are taken, at once.
type webhookDesk struct {
	mu      sync.Mutex
	waiting map[string][]ticket.Delivery
	told    map[string][]string // messages that were taken, by webhook
	answers []ticket.WebhookAnswer
	done    chan struct{} // closed when nothing waits for the webhooks in needs
	needs   []string
}

func newWebhookDesk(needs ...string) *webhookDesk {
	return &webhookDesk{waiting: map[string][]ticket.Delivery{}, told: map[string][]string{}, done: make(chan struct{}), needs: needs}
}

func (d *webhookDesk) queue(webhook string, messages ...string) {
	for _, m := range messages {
		d.waiting[webhook] = append(d.waiting[webhook], ticket.Delivery{ID: int64(len(d.waiting[webhook]) + 1), Webhook: webhook, Message: m, Body: "{}"})
	}
}

func (d *webhookDesk) ClaimDelivery(_ context.Context, webhook string, _ time.Duration) (bool, ticket.Delivery, time.Time, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.waiting[webhook]) == 0 {
		return false, ticket.Delivery{}, time.Time{}, nil
	}
	d.waiting[webhook][0].Attempts++
	return true, d.waiting[webhook][0], time.Time{}, nil
}

func (d *webhookDesk) SettleDelivery(_ context.Context, _ int64, _ int, a ticket.WebhookAnswer) (ticket.WebhookVerdict, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answers = append(d.answers, a)
	if a.Code != 200 {
		return ticket.WebhookLater, nil
	}
	webhook := a.Text
	d.told[webhook] = append(d.told[webhook], d.waiting[webhook][0].Message)
	d.waiting[webhook] = d.waiting[webhook][1:]
	for _, key := range d.needs {
		if len(d.waiting[key]) > 0 {
			return ticket.WebhookTaken, nil
		}
	}
	close(d.done)
	return ticket.WebhookTaken, nil
}

// TestWebhooksSideBySide: a receiver that hangs holds up nobody else, each is told
// in order, and one that has failed is told the same under the same name.
func TestWebhooksSideBySide(t *testing.T) {
	t.Parallel()
	desk := newWebhookDesk("good", "flaky")
	for _, key := range []string{"dead", "good", "flaky"} {
		desk.queue(key, "1", "2", "3", "4", "5")
	}
	release := make(chan struct{})
	var mu sync.Mutex
	met := map[string]int{}
	w := &Webhooks{Desk: desk, Now: time.Now}
	w.SetEndpoints(map[string]*Endpoint{
		"dead": receiver(t, func(http.ResponseWriter, *http.Request) { <-release; panic(http.ErrAbortHandler) }),
		"good": receiver(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "good") }),
		"flaky": receiver(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			id := r.Header.Get("Webhook-Id")
			if met[id]++; met[id] < 3 {
				w.WriteHeader(503)
				return
			}
			_, _ = io.WriteString(w, "flaky")
		}),
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	select {
	case <-desk.done:
	case <-time.After(10 * time.Second):
		t.Error("a dead receiver held up the others")
	}
	close(release)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for _, key := range []string{"good", "flaky"} {
		if got := strings.Join(desk.told[key], ""); got != "12345" {
			t.Errorf("%s was told %s", key, got)
		}
	}
	if fmt.Sprint(met) != "map[1:3 2:3 3:3 4:3 5:3]" {
		t.Errorf("names at the flaky receiver: %v", met)
	}
}

// TestWebhooksChange: a reload adds and takes away receivers while Run runs.
func TestWebhooksChange(t *testing.T) {
	t.Parallel()
	desk := newWebhookDesk("late")
	desk.queue("late", "1")
	w := &Webhooks{Desk: desk, Now: time.Now}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	w.SetEndpoints(map[string]*Endpoint{"late": receiver(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "late") })})
	select {
	case <-desk.done:
	case <-time.After(10 * time.Second):
		t.Error("a webhook that was added is not told")
	}
	w.SetEndpoints(nil)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
