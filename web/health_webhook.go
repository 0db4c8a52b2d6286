package web

import (
	"net/http"

	"deskpost/ticket"
)

// decideDelivery has something that a webhook did not take sent again, or drops
// it.
func (s *Server) decideDelivery(r *http.Request, agent ticket.Agent) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	id, err := idOf(r)
	if err != nil {
		return answer{}, err
	}
	var done bool
	switch r.PostForm.Get("decision") {
	case "retry":
		done, err = s.Desk.RetryDelivery(r.Context(), agent.Key, id)
	case "drop":
		done, err = s.Desk.DropDelivery(r.Context(), agent.Key, id)
	default:
		err = &ticket.Refusal{Kind: ticket.Invalid, Text: "Say whether it is to be sent again or dropped."}
	}
	if err != nil {
		return answer{}, err
	}
	return s.decided(r, done), nil
}

// resumeWebhook ends the pause of a webhook.
func (s *Server) resumeWebhook(r *http.Request, agent ticket.Agent) (answer, error) {
	if err := s.Desk.ResumeWebhook(r.Context(), agent.Key, r.PathValue("name")); err != nil {
		return answer{}, err
	}
	s.flash(r, "Done.")
	return goTo("/health"), nil
}
