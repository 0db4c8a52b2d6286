package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"deskpost/ticket"
)

// A tokensSection lists the API tokens of an agent, and makes more.
type tokensSection struct {
	Problem string
	Secret  string // of one that was just made: it is told once
	Rows    []tokenRow
	Scopes  []scopeChoice

	Name string // as it was written, where it was refused
	Days int
	Most int

	Now  time.Time
	Zone *time.Location
}

// A tokenRow is a token in the list.
type tokenRow struct {
	ticket.APIToken
	Scopes []string // in words
	State  string   // why it is worth nothing any more; "" if it is
}

type scopeChoice struct {
	Scope   ticket.Scope
	Words   string
	Checked bool
}

func (s *Server) tokensSection(r *http.Request, agent ticket.Agent) (tokensSection, error) {
	section := tokensSection{Days: ticket.APITokenDays, Most: ticket.MaxAPITokenDays, Now: s.Now(), Zone: s.Desk.Policy().ZoneOf(agent)}
	for _, scope := range ticket.Scopes {
		section.Scopes = append(section.Scopes, scopeChoice{scope, scope.Says(), scope == ticket.ScopeRead})
	}
	list, err := s.Desk.APITokens(r.Context(), agent.Key)
	for _, k := range slices.Backward(list) {
		row := tokenRow{APIToken: k}
		for _, scope := range k.Scopes {
			row.Scopes = append(row.Scopes, scope.Says())
		}
		switch {
		case !k.RevokedAt.IsZero():
			row.State = "revoked"
		case k.Ended(section.Now):
			row.State = "expired"
		}
		section.Rows = append(section.Rows, row)
	}
	return section, err
}

// makeToken makes a token and shows its secret on the page that answers: it is kept
// nowhere, so there is no other place to go to.
func (s *Server) makeToken(r *http.Request, agent ticket.Agent) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	wish := ticket.TokenWish{Agent: agent.Key, Name: r.PostForm.Get("name")}
	for _, scope := range r.PostForm["scope"] {
		wish.Scopes = append(wish.Scopes, ticket.Scope(scope))
	}
	wish.Days, _ = strconv.Atoi(r.PostForm.Get("days")) // what is no number is refused as none
	secret, made, err := s.Desk.MakeAPIToken(r.Context(), wish)
	if no, refused := errors.AsType[*ticket.Refusal](err); refused {
		return s.refusedMe(r, agent, func(p *mePage) {
			p.Tokens.Problem, p.Tokens.Name, p.Tokens.Days = no.Sentence(), wish.Name, wish.Days
			for i, choice := range p.Tokens.Scopes {
				p.Tokens.Scopes[i].Checked = slices.Contains(wish.Scopes, choice.Scope)
			}
		})
	}
	if err != nil {
		return answer{}, err
	}
	s.Log.Info("an API token was made", "agent", agent.Key, "token", made.ID, "expires", made.ExpiresAt)
	return s.mePage(r, agent, http.StatusOK, func(p *mePage) { p.Tokens.Secret = secret })
}

func (s *Server) revokeToken(r *http.Request, agent ticket.Agent) (answer, error) {
	id, err := idOf(r)
	if err != nil {
		return answer{}, err
	}
	gone, err := s.Desk.RevokeAPIToken(r.Context(), agent.Key, id)
	if err != nil {
		return answer{}, err
	}
	s.Log.Info("an API token was revoked", "agent", agent.Key, "token", gone.ID)
	s.flash(r, "The token “"+gone.Name+"” is revoked.")
	return goTo("/me#tokens-title"), nil
}
