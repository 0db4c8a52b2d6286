package mailer

import (
	"strings"
	"testing"

	"deskpost/mailer/mailertest"
)

// TestRelayTLS is TLS as it should be, and relays without it (F30).
func TestRelayTLS(t *testing.T) {
	t.Parallel()
	noStartTLS := mailertest.Temper{Extensions: mailertest.Without("STARTTLS")}
	say454 := mailertest.Temper{Say: map[mailertest.Stage]string{mailertest.Upgrade: "454 4.7.0 no TLS now"}}
	injected := mailertest.Temper{Say: map[mailertest.Stage]string{mailertest.Upgrade: "220 go\r\n250 evil"}}
	tests := []struct {
		name     string
		implicit bool // the sink
		mode     TLSMode
		temper   mailertest.Temper
		cert     mailertest.Certificate
		trust    bool
		kind     FaultKind
		text     string // part of the fault's text
	}{
		{"implicit", true, Implicit, mailertest.Temper{}, mailertest.Valid, true, "", ""},
		{"STARTTLS", false, StartTLS, mailertest.Temper{}, mailertest.Valid, true, "", ""},
		{"implicit, unknown authority", true, Implicit, mailertest.Temper{}, mailertest.Valid, false, FaultTLS, "authority"},
		{"STARTTLS, unknown authority", false, StartTLS, mailertest.Temper{}, mailertest.Valid, false, FaultTLS, "authority"},
		{"expired", true, Implicit, mailertest.Temper{}, mailertest.Expired, true, FaultTLS, "renew it"},
		{"wrong name", false, StartTLS, mailertest.Temper{}, mailertest.WrongName, true, FaultTLS, "other.example"},
		{"STARTTLS not offered", false, StartTLS, noStartTLS, mailertest.Valid, true, FaultTLS, "does not offer STARTTLS"},
		{"STARTTLS refused", false, StartTLS, say454, mailertest.Valid, true, FaultTLS, "refuses STARTTLS"},
		{"words before TLS", false, StartTLS, injected, mailertest.Valid, true, FaultTLS, "out of turn"},
		{"implicit to a plain port", false, Implicit, mailertest.Temper{}, mailertest.Valid, true, FaultTLS, "use STARTTLS"},
		{"plain to a TLS port", true, StartTLS, mailertest.Temper{}, mailertest.Valid, true, FaultUnavailable, "implicit TLS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sink := mailertest.Start(t, tt.temper)
			if tt.implicit {
				sink = mailertest.StartTLS(t, tt.temper)
			}
			sink.Present(t, tt.cert)
			r := relayTo(t, sink)
			r.TLS = tt.mode
			if tt.trust {
				r.TLSConfig = sink.TLSConfig()
			}
			got := r.Submit(t.Context(), to("a@x.example"), 0, text(letter))
			if faultKind(got) != tt.kind {
				t.Fatalf("fault %q, want %q: %v", faultKind(got), tt.kind, got.Fault)
			}
			if tt.kind != "" {
				if v := verdicts(got); v != "later" || !strings.Contains(got.Fault.Text, tt.text) {
					t.Errorf("%q, %q does not say %q", v, got.Fault.Text, tt.text)
				}
				return
			}
			if m := sink.Mails(); len(m) != 1 || !m[0].TLS {
				t.Errorf("mails %+v", m)
			}
			if heard(sink, "EHLO localhost") {
				t.Error("we called ourselves localhost")
			}
		})
	}
}
