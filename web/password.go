package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"deskpost/ticket"
)

// passwordCost is what OWASP asks of argon2id: 19 MiB, two passes.
var passwordCost = &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// Limits of a password, in characters.
const (
	minPassword = 12
	maxPassword = 200
)

// noPassword is compared with where there is none to compare with, so that this
// takes as long.
var noPassword = sync.OnceValue(func() string {
	hash, err := argon2id.CreateHash("nobody's password", passwordCost)
	if err != nil {
		panic(err) // there is no randomness on this machine
	}
	return hash
})

// hashing bounds how many passwords are weighed at once: each takes 19 MiB.
var hashing = make(chan struct{}, 2)

// HashPassword is what is kept of a password.
func HashPassword(ctx context.Context, password string) (string, error) {
	done, err := mayHash(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	hash, err := argon2id.CreateHash(password, passwordCost)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return hash, nil
}

// matches reports whether a password has a hash.
func matches(ctx context.Context, password, hash string) (bool, error) {
	done, err := mayHash(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	right, err := argon2id.ComparePasswordAndHash(password, cmp.Or(hash, noPassword()))
	return right && hash != "", err
}

// errBusy says that too many wait for their passwords to be weighed.
var errBusy = errors.New("too many passwords are being weighed")

// queued counts who waits for that, or is at it: at most maxQueued.
var queued atomic.Int32

const maxQueued = 20 // some two seconds

// mayHash waits until not too many passwords are being weighed. It does not let
// anybody wait for long.
func mayHash(ctx context.Context) (done func(), err error) {
	if queued.Add(1) > maxQueued {
		queued.Add(-1)
		return nil, errBusy
	}
	defer func() {
		if err != nil {
			queued.Add(-1)
		}
	}()
	select {
	case hashing <- struct{}{}:
		return func() { <-hashing; queued.Add(-1) }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A passwordSection is the form that sets a password.
type passwordSection struct {
	Has     bool
	Problem string
}

func (s *Server) passwordSection(r *http.Request, agent ticket.Agent) (passwordSection, error) {
	hash, err := s.Desk.Password(r.Context(), agent.Key)
	return passwordSection{Has: hash != ""}, err
}

// refusedPassword shows the form once more, with what was wrong.
func (s *Server) refusedPassword(r *http.Request, agent ticket.Agent, problem string) (answer, error) {
	return s.refusedMe(r, agent, func(p *mePage) { p.Password.Problem = problem })
}

func (s *Server) setPassword(r *http.Request, agent ticket.Agent) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	hash, err := s.Desk.Password(r.Context(), agent.Key)
	if err != nil {
		return answer{}, err
	}
	if hash != "" {
		if wait := s.brake.try(s.Now(), byAgent(agent.Key)); wait > 0 {
			return s.refusedPassword(r, agent, fmt.Sprintf("Too many tries. Try again in %d min.", minutes(wait)))
		}
		right, err := matches(r.Context(), r.PostForm.Get("current"), hash)
		if err != nil {
			return answer{}, fmt.Errorf("compare a password: %w", err)
		}
		if !right {
			return s.refusedPassword(r, agent, "That is not your password of now.")
		}
		s.brake.forgive(s.Now(), byAgent(agent.Key))
	}
	password := r.PostForm.Get("password")
	if n := utf8.RuneCountInString(password); n < minPassword || n > maxPassword {
		return s.refusedPassword(r, agent, fmt.Sprintf("A password has from %d to %d characters. Yours has %d.", minPassword, maxPassword, n))
	}
	hash, err = HashPassword(r.Context(), password)
	if err != nil {
		return answer{}, err
	}
	if err := s.Desk.ChangePassword(r.Context(), agent.Key, hash, s.session(r)); err != nil {
		return answer{}, err
	}
	if err := s.renew(r); err != nil {
		return answer{}, err
	}
	s.flash(r, "Your password is set.")
	return goTo("/me"), nil
}

// badForm says that a form can not be read; what is too large is told as such.
func badForm(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	return &ticket.Refusal{Kind: ticket.Invalid, Text: "The form could not be read. Go back and send it again.", Key: "fault.form"}
}
