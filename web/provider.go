package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"deskpost/ticket"
	"deskpost/web/request"
)

// A Provider signs agents in who have an account there, by OpenID Connect Core
// 1.0 section 3.1, with PKCE (RFC 7636). What it says of who they are is their
// address, which the config knows.
type Provider struct {
	Name   string // on the button
	Issuer string // URL
	Client string // ID of the desk there
	Secret func() (string, error)
	HTTP   *http.Client // nil is the usual one

	mu    sync.Mutex
	found *oidc.Provider // nil until it was reached
}

// providerWithin bounds how long a provider may take to answer.
const providerWithin = 10 * time.Second

// What the session holds while an agent is at the provider.
const (
	keyState    = "provider state"
	keyNonce    = "provider nonce"
	keyVerifier = "provider verifier"
	keyGoingTo  = "provider to"
)

const providerReturn = "/sign-in/provider"

// A providerPage leads to the provider. The form that began it may lead to no other
// site, so it does so itself.
type providerPage struct {
	frame
	Name, URL string
}

// toProvider begins to sign in at the provider.
func (s *Server) toProvider(r *http.Request) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	if s.Provider == nil {
		return answer{}, notFound()
	}
	ctx, cancel := s.Provider.context(r.Context())
	defer cancel()
	config, _, err := s.oauth(ctx)
	if err != nil {
		s.Log.Warn("the provider that agents sign in at can not be reached", "request", request.Of(r).ID, "issuer", s.Provider.Issuer, "error", err)
		p := s.signInForm(r.PostForm.Get("to"))
		return p.refused(http.StatusServiceUnavailable, s.Provider.Name+" can not be reached at this moment. Sign in with a mailed link."), nil
	}
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	if err := s.renew(r); err != nil {
		return answer{}, err
	}
	for key, value := range map[string]string{keyState: state, keyNonce: nonce, keyVerifier: verifier, keyGoingTo: local(r.PostForm.Get("to"))} {
		s.sessions.Put(r.Context(), key, value)
	}
	to := config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier))
	return answer{page: "provider", data: providerPage{frame{Title: "Sign in"}, s.Provider.Name, to}, refresh: to}, nil
}

// fromProvider takes who comes back from the provider. What began elsewhere, or
// was used, is refused: nobody can sign another's browser in.
func (s *Server) fromProvider(r *http.Request) (answer, error) {
	if s.Provider == nil {
		return answer{}, notFound()
	}
	state, nonce := s.sessions.PopString(r.Context(), keyState), s.sessions.PopString(r.Context(), keyNonce)
	verifier, to := s.sessions.PopString(r.Context(), keyVerifier), s.sessions.PopString(r.Context(), keyGoingTo)
	said := r.URL.Query()
	if state == "" || subtle.ConstantTimeCompare([]byte(state), []byte(said.Get("state"))) != 1 {
		return s.notByProvider(to, "That was used already, or began in another browser. Try once more."), nil
	}
	if said.Get("code") == "" { // RFC 6749 section 4.1.2.1
		s.Log.Info("a provider refused a sign-in", "request", request.Of(r).ID, "said", shortened(said.Get("error")))
		return s.notByProvider(to, s.Provider.Name+" did not sign you in."), nil
	}
	ctx, cancel := s.Provider.context(r.Context())
	defer cancel()
	address, err := s.proven(ctx, said.Get("code"), verifier, nonce)
	if err != nil {
		s.Log.Warn("what a provider said of who signs in was not believed", "request", request.Of(r).ID, "error", err)
		return s.notByProvider(to, s.Provider.Name+" did not say who you are in a way that can be believed. The admin finds the reason in the log."), nil
	}
	agent, ok := s.Desk.Policy().AgentByAddress(ticket.Address{Email: address})
	if !ok || agent.Disabled {
		s.Log.Warn("somebody signed in at a provider who is no agent", "request", request.Of(r).ID, "address", address)
		return s.notByProvider(to, "The address that "+s.Provider.Name+" knows you by is no agent's here."), nil
	}
	return s.enter(r, agent.Key, ticket.ByProvider, local(to))
}

// proven is the address of whoever a code is for, as the provider has verified it.
func (s *Server) proven(ctx context.Context, code, verifier, nonce string) (string, error) {
	config, provider, err := s.oauth(ctx)
	if err != nil {
		return "", err
	}
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return "", fmt.Errorf("exchange the code: %w", err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return "", errors.New("the answer has no id_token")
	}
	id, err := provider.VerifierContext(ctx, &oidc.Config{ClientID: s.Provider.Client, Now: s.Now}).Verify(ctx, raw)
	if err != nil {
		return "", fmt.Errorf("verify the id_token: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1 {
		return "", errors.New("the id_token is for another sign-in")
	}
	var claims struct {
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
	}
	if err := id.Claims(&claims); err != nil {
		return "", fmt.Errorf("read the id_token: %w", err)
	}
	if claims.Email == "" || !claims.Verified {
		return "", errors.New("the id_token names no verified address: the provider has to give the scope email, and email_verified")
	}
	return claims.Email, nil
}

// oauth is how the provider is spoken to. It is asked where its doors are when it
// is first needed, so that the desk starts without it.
func (s *Server) oauth(ctx context.Context) (*oauth2.Config, *oidc.Provider, error) {
	secret, err := s.Provider.Secret()
	if err != nil {
		return nil, nil, fmt.Errorf("look up the secret of the desk at the provider: %w", err)
	}
	provider, err := s.Provider.discover(ctx)
	if err != nil {
		return nil, nil, err
	}
	return &oauth2.Config{ClientID: s.Provider.Client, ClientSecret: secret, Endpoint: provider.Endpoint(),
		RedirectURL: s.URL + providerReturn, Scopes: []string{oidc.ScopeOpenID, "email"}}, provider, nil
}

func (p *Provider) discover(ctx context.Context) (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	found, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return nil, fmt.Errorf("ask %s how to sign in: %w", p.Issuer, err)
	}
	p.found = found
	return found, nil
}

// context bounds what is asked of the provider, and how.
func (p *Provider) context(ctx context.Context) (context.Context, context.CancelFunc) {
	client := p.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	return context.WithTimeout(oidc.ClientContext(ctx, client), providerWithin)
}

// notByProvider is the form, with why the provider's way did not work.
func (s *Server) notByProvider(to, problem string) answer {
	return s.signInForm(to).refused(http.StatusForbidden, problem)
}

// shortened is a word from outside as the log may have it.
func shortened(word string) string {
	const most = 60
	return fmt.Sprintf("%.*q", most, word)
}
