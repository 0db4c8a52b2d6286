package web

import (
	"crypto/rand"
	"encoding/base32"
	htmltemplate "html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"deskpost/ticket"
)

// factorPath is where an agent sets up a second factor.
const factorPath = "/me/second-factor"

// recoveryCodes is how many are given out at once.
const recoveryCodes = 10

// A factorSection says on the account how the second factor stands.
type factorSection struct {
	ticket.FactorState
	Required bool
	Zone     *time.Location
}

// A factorPage is where it is set up, renewed and switched off.
type factorPage struct {
	frame
	factorSection
	Problem string
	Owed    bool // nothing else is shown before it is set up

	// While it is being set up:
	Secret string           // in groups of letters, for who types it
	Link   htmltemplate.URL // for a program on the same device
	Square *square          // for the camera of another one
	Codes  []string         // recovery codes, shown once
}

func (s *Server) factorSection(r *http.Request, agent ticket.Agent) (factorSection, error) {
	state, err := s.Desk.SecondFactor(r.Context(), agent.Key)
	return factorSection{state, s.Desk.Policy().SecondFactor, s.Desk.Policy().ZoneOf(agent)}, err
}

// factorPage is the page with what is wrong and the recovery codes to show, if
// there are any.
func (s *Server) factorPage(r *http.Request, p ticket.SignedIn, no *wrong, codes []string) (answer, error) {
	f := frame{Title: "Second factor", Agent: p.Agent.Name}
	if !p.SetUp {
		var err error
		if f, err = s.frame(r, p.Agent, "Second factor", ""); err != nil {
			return answer{}, err
		}
	}
	section, err := s.factorSection(r, p.Agent)
	if err != nil {
		return answer{}, err
	}
	page := factorPage{frame: f, factorSection: section, Owed: p.SetUp && !section.On, Codes: codes}
	status := http.StatusOK
	if no != nil {
		page.Problem, status = no.problem, no.status
	}
	if section.Pending != nil {
		secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(section.Pending)
		link := s.otpLink(p.Agent, secret)
		page.Secret, page.Link = grouped(secret), htmltemplate.URL(link)
		if page.Square, err = drawSquare(link); err != nil {
			return answer{}, err
		}
	}
	return answer{status: status, page: "second-factor", data: page}, nil
}

// otpLink is the secret as programs for codes read it:
// https://github.com/google/google-authenticator/wiki/Key-Uri-Format.
func (s *Server) otpLink(agent ticket.Agent, secret string) string {
	issuer := "deskpost"
	if u, err := url.Parse(s.URL); err == nil && u.Hostname() != "" {
		issuer = u.Hostname()
	}
	q := url.Values{"secret": {secret}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + agent.Emails[0], RawQuery: q.Encode()}
	return u.String()
}

// grouped writes a secret in groups of four, as people copy it.
func grouped(secret string) string {
	var b strings.Builder
	for i, c := range secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// drawRecoveryCodes draws codes of 80 random bits.
func drawRecoveryCodes() []string {
	codes := make([]string, recoveryCodes)
	for i := range codes {
		codes[i] = strings.ReplaceAll(grouped(rand.Text()[:16]), " ", "-")
	}
	return codes
}

func (s *Server) askFactor(r *http.Request, p ticket.SignedIn) (answer, error) {
	return s.factorPage(r, p, nil, nil)
}

// beginFactor draws a new secret, which the page shows then.
func (s *Server) beginFactor(r *http.Request, p ticket.SignedIn) (answer, error) {
	secret := make([]byte, ticket.TOTPSecretBytes)
	_, _ = rand.Read(secret) // it never fails
	return goTo(factorPath), s.Desk.BeginSecondFactor(r.Context(), p.Agent.Key, secret)
}

// confirmFactor switches it on, and shows the recovery codes this one time.
func (s *Server) confirmFactor(r *http.Request, p ticket.SignedIn) (answer, error) {
	return s.withCode(r, p, func(code string, recovery []string) error {
		return s.Desk.ConfirmSecondFactor(r.Context(), p.Agent.Key, code, recovery, p.Session.ID)
	})
}

func (s *Server) renewCodes(r *http.Request, p ticket.SignedIn) (answer, error) {
	return s.withCode(r, p, func(code string, recovery []string) error {
		return s.Desk.RenewRecoveryCodes(r.Context(), p.Agent.Key, code, recovery)
	})
}

// withCode does something against a code that brings forth recovery codes.
func (s *Server) withCode(r *http.Request, p ticket.SignedIn, do func(code string, recovery []string) error) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	recovery := drawRecoveryCodes()
	no, err := s.tryCode(r, p.Agent.Key, func() error { return do(r.PostForm.Get("code"), recovery) })
	if err != nil {
		return answer{}, err
	}
	if no != nil {
		recovery = nil
	} else {
		p.SetUp = false
	}
	return s.factorPage(r, p, no, recovery)
}

func (s *Server) endFactor(r *http.Request, p ticket.SignedIn) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	no, err := s.tryCode(r, p.Agent.Key, func() error { return s.Desk.EndSecondFactor(r.Context(), p.Agent.Key, r.PostForm.Get("code")) })
	if err != nil {
		return answer{}, err
	}
	if no != nil {
		return s.factorPage(r, p, no, nil)
	}
	s.flash(r, "Your second factor is switched off.")
	return goTo("/me"), nil
}
