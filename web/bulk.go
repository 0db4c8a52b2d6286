package web

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"

	"deskpost/ticket"
)

// A bulkPage says what commands did to several tickets, or asks whether they are
// meant.
type bulkPage struct {
	frame
	Problem  string
	Key      string
	Query    string // of the list that the tickets were selected in
	Commands string
	Tickets  []ticket.Number // that it asks about
	Results  []bulkLine
}

// A bulkLine is what came of it on one ticket.
type bulkLine struct {
	Number ticket.Number
	Done   bool
	Words  string
}

// bulk does the same to several tickets. Where that ends them, or gives them away,
// it asks first.
func (s *Server) bulk(r *http.Request, agent ticket.Agent) (answer, error) {
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	form := r.PostForm
	p := bulkPage{Key: form.Get("key"), Query: form.Get("q"), Commands: form.Get("commands")}
	if p.Key == "" {
		p.Key = rand.Text()
	}
	selected := form["ticket"]
	if form.Get("all") != "" {
		selected = form["shown"]
	}
	var err error
	if p.Tickets, err = numbers(selected); err != nil {
		return answer{}, err
	}
	b := ticket.Bulk{Agent: agent.Key, Key: p.Key, Tickets: p.Tickets, Commands: commandLines(p.Commands)}
	weighty, err := s.Desk.Policy().CheckBulk(b.Commands)
	ask := err == nil && weighty && len(b.Tickets) > 0 && form.Get("sure") == ""
	status := http.StatusOK
	if err == nil && !ask {
		var results []ticket.BulkResult
		results, err = s.Desk.DoToEach(r.Context(), b)
		p.Tickets = nil
		for _, one := range results {
			p.Results = append(p.Results, newBulkLine(one))
		}
	}
	if no, refused := errors.AsType[*ticket.Refusal](err); refused {
		p.Problem, p.Tickets, status = no.Sentence(), nil, http.StatusUnprocessableEntity
	} else if err != nil {
		return answer{}, err
	}
	title := "Done to several tickets"
	if ask {
		title = "Is this meant?"
	}
	p.frame, err = s.frame(r, agent, title, "")
	return answer{status: status, page: "bulk", data: p}, err
}

func newBulkLine(r ticket.BulkResult) bulkLine {
	line := bulkLine{Number: r.Ticket, Done: r.Done, Words: r.Refusal}
	if line.Words == "" {
		line.Words = outcome(r.Transcript)
	}
	line.Words = ticket.Sentence(line.Words)
	return line
}

// commandLines puts commands that stand in one line each on its own, with nothing
// behind them.
func commandLines(commands string) string { return form{Commands: commands}.request("") }

// numbers reads the numbers of tickets.
func numbers(texts []string) ([]ticket.Number, error) {
	if len(texts) > ticket.MaxBulk {
		return nil, &ticket.Refusal{Kind: ticket.Invalid, Text: "Select at most " + strconv.Itoa(ticket.MaxBulk) + " tickets."}
	}
	var all []ticket.Number
	for _, text := range texts {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n <= 0 {
			return nil, &ticket.Refusal{Kind: ticket.Invalid, Text: "Tickets are selected by their numbers."}
		}
		all = append(all, ticket.Number(n))
	}
	return all, nil
}
