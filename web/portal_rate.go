package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"deskpost/ticket"
)

// Ratings are what a customer chooses from, the best first.
func (*myTicketPage) Ratings() []int { return []int{5, 4, 3, 2, 1} }

// rateMine takes how content a customer is.
func (s *Server) rateMine(r *http.Request, address string, n ticket.Number, sent url.Values) (answer, error) {
	given := ticket.CustomerRating{Address: address, Ticket: n, Remark: sent.Get("remark")}
	given.Stars, _ = strconv.Atoi(sent.Get("stars")) // what is no number is refused as none
	problem, status := "", http.StatusTooManyRequests
	if wait := s.hurry(byCustomer(address)); wait > 0 {
		problem = s.visitorOf(r).wait(wait)
	} else {
		err := s.Desk.RateFor(r.Context(), given)
		no, refused := errors.AsType[*ticket.Refusal](err)
		switch {
		case refused && no.Kind != ticket.NotFound:
			problem, status = s.visitorOf(r).refusal(no), statusOf(no.Kind)
		case err != nil:
			return answer{}, err
		}
	}
	if problem == "" {
		s.flash(r, s.visitorOf(r).Say("done.rated"))
		return goTo(myPath(n)), nil
	}
	p, err := s.myTicketPage(r, address)
	if err != nil {
		return answer{}, err
	}
	p.RatingProblem, p.Stars, p.Remark = problem, given.Stars, given.Remark
	return answer{status: status, page: "portal-ticket", data: p}, nil
}
