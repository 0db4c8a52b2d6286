package web

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"deskpost/ticket"
	"deskpost/web/download"
)

// exported is how many tickets a file lists at most.
const exported = 10_000

// export sends a list of tickets as a file for a spreadsheet: RFC 4180, with times
// in the reader's zone.
func (s *Server) export(r *http.Request, agent ticket.Agent) (answer, error) {
	query := r.URL.Query().Get("q")
	if err := checkQuery(query); err != nil {
		return answer{}, err
	}
	tickets, err := s.Desk.Find(r.Context(), agent.Key, query, exported)
	if err != nil {
		return answer{}, err
	}
	policy := s.Desk.Policy()
	zone := policy.ZoneOf(agent)
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(zone).Format("2006-01-02 15:04:05")
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	write := func(cells ...string) {
		for i := range cells {
			cells[i] = harmless(cells[i])
		}
		_ = w.Write(cells) // told by Error below
	}
	write("ticket", "subject", "requester", "address", "department", "status", "priority", "assignee", "SLA plan", "tags", "opened", "changed", "deadline", "resolved", "closed", "rating")
	for i := range tickets {
		tk, rating := &tickets[i], ""
		if tk.Stars > 0 {
			rating = strconv.Itoa(tk.Stars)
		}
		write(strconv.FormatInt(int64(tk.Number), 10), tk.Subject, tk.Requester.Name, tk.Requester.Email, policy.PathName(tk.Department), policy.StateName(tk.State()),
			tk.Priority, policy.AssignedTo(tk), policy.Plans[tk.Plan].Name, strings.Join(tk.Tags, " "),
			stamp(tk.OpenedAt), stamp(tk.UpdatedAt), stamp(tk.Deadline), stamp(tk.ResolvedAt), stamp(tk.ClosedAt), rating)
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return answer{}, fmt.Errorf("write a list of tickets: %w", err)
	}
	return answer{file: download.Bytes("tickets.csv", "text/csv", out.Bytes())}, nil
}

// harmless keeps a spreadsheet from taking what a stranger wrote for a formula: an
// apostrophe before it makes it text (OWASP, CSV injection). Where a character
// stands for one of those that begin formulas, or blanks hide one, it counts too.
func harmless(cell string) string {
	first := strings.TrimLeft(cell, " \t\r\n\u00a0\ufeff\u200b")
	if first != "" && strings.ContainsRune("=+-@|%\uff1d\uff0b\uff0d\uff20", []rune(first)[0]) || strings.ContainsAny(cell[:min(1, len(cell))], "\t\r\n") {
		return "'" + cell
	}
	return cell
}
