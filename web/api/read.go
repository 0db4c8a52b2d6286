package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"deskpost/ticket"
	"deskpost/web/download"
)

// Limits of a page of a list.
const (
	pageSize = 50 // without a limit
	maxPage  = 200
	maxQuery = 500 // bytes
	maxInt   = 1<<63 - 1
)

// notDone is the query of a list without one.
const notDone = "new open pending hold"

// A meBody says who a program is.
type meBody struct {
	Agent namedBody `json:"agent"`
	Token tokenBody `json:"token"`
}

type namedBody struct {
	Key  string `json:"key"`
	Name string `json:"name"`
}

type tokenBody struct {
	ID        int64          `json:"id"`
	Name      string         `json:"name"`
	Scopes    []ticket.Scope `json:"scopes"`
	ExpiresAt time.Time      `json:"expires_at"`
}

func (s *Server) me(c *call) (reply, error) {
	return reply{body: meBody{namedBody{c.agent.Key, c.agent.Name}, tokenBody{c.token.ID, c.token.Name, c.token.Scopes, c.token.ExpiresAt}}}, nil
}

func (s *Server) choices(c *call) (reply, error) {
	return reply{body: s.Desk.Policy().Choices(c.agent.Key)}, nil
}

// A listBody is a page of tickets.
type listBody struct {
	Tickets []ticket.Snapshot `json:"tickets"`
}

// list lists tickets by number, the last one first: so no page has one that was on
// another, whatever happens between two requests.
func (s *Server) list(c *call) (reply, error) {
	values, err := parameters(c, "q", "limit", "before")
	if err != nil {
		return reply{}, err
	}
	limit, err := whole(values, "limit", pageSize, 1, maxPage)
	if err != nil {
		return reply{}, err
	}
	before, err := whole(values, "before", maxInt, 1, maxInt)
	if err != nil {
		return reply{}, err
	}
	query := notDone
	if values.Has("q") {
		query = values.Get("q")
	}
	if len(query) > maxQuery {
		return reply{}, invalid("A query has at most %d bytes.", maxQuery)
	}
	leaf, err := s.Desk.Browse(c.Context(), c.agent.Key, ticket.Listing{Query: query, Order: ticket.ByOpened,
		After: ticket.Place{Key: before, Number: ticket.Number(before)}, Limit: int(limit)})
	if err != nil {
		return reply{}, err
	}
	body, policy := listBody{[]ticket.Snapshot{}}, s.Desk.Policy()
	for i := range leaf.Tickets {
		body.Tickets = append(body.Tickets, policy.Snapshot(&leaf.Tickets[i]))
	}
	out := reply{body: body}
	if leaf.Next.Number != 0 {
		out.header = next(c, values, "before", int64(leaf.Next.Number))
	}
	return out, nil
}

// next is the header that leads to the next page (RFC 8288).
func next(c *call, values url.Values, name string, place int64) map[string]string {
	values.Set(name, strconv.FormatInt(place, 10))
	return map[string]string{"Link": fmt.Sprintf(`<%s?%s>; rel="next"`, c.URL.EscapedPath(), values.Encode())}
}

func (s *Server) ticket(c *call) (reply, error) {
	sheet, err := s.sheet(c)
	if err != nil {
		return reply{}, err
	}
	return reply{body: ticketOf(s.Desk.Policy(), &sheet), version: sheet.Version}, nil
}

// sheet reads the ticket that the path names. One that was merged is the one in
// which it goes on.
func (s *Server) sheet(c *call) (ticket.Sheet, error) {
	n, err := number(c)
	if err != nil {
		return ticket.Sheet{}, err
	}
	return s.Desk.Read(c.Context(), c.agent.Key, n)
}

// thread lists what happened on a ticket, the first first. Items are only ever added
// at the end, but for those of a ticket that is merged into it.
func (s *Server) thread(c *call) (reply, error) {
	values, err := parameters(c, "limit", "after")
	if err != nil {
		return reply{}, err
	}
	limit, err := whole(values, "limit", pageSize, 1, maxPage)
	if err != nil {
		return reply{}, err
	}
	after, err := whole(values, "after", 0, 0, maxInt)
	if err != nil {
		return reply{}, err
	}
	sheet, err := s.sheet(c)
	if err != nil {
		return reply{}, err
	}
	items := slices.DeleteFunc(sheet.Thread, func(i ticket.Item) bool { return i.ID <= after })
	end := min(int(limit), len(items))
	for end < len(items) && items[end].ID == items[end-1].ID { // what has one ID is on one page
		end++
	}
	body := threadBody{sheet.Ticket.Number, []itemBody{}}
	for i := range items[:end] {
		body.Items = append(body.Items, itemOf(&items[i]))
	}
	out := reply{body: body}
	if end < len(items) {
		out.header = next(c, values, "after", items[end-1].ID)
	}
	return out, nil
}

// file sends an attachment.
func (s *Server) file(c *call) (reply, error) {
	n, err := number(c)
	if err != nil {
		return reply{}, err
	}
	id, err := strconv.ParseInt(c.PathValue("id"), 10, 64)
	if err != nil {
		return reply{}, &ticket.Refusal{Kind: ticket.NotFound, Text: fmt.Sprintf("there is no such file on ticket %d", n)}
	}
	f, err := s.Desk.File(c.Context(), c.agent.Key, n, id)
	if err != nil {
		return reply{}, err
	}
	d, err := download.Open(f, s.Open)
	if err != nil {
		return reply{}, fmt.Errorf("open file %d of ticket %d: %w", id, n, err)
	}
	return reply{file: d, status: http.StatusOK}, nil
}
