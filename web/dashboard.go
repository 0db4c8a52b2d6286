package web

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"deskpost/ticket"
)

// dashboardDays is how many days are told of if nobody says otherwise.
const dashboardDays = 28

// A dashboardPage is what happened in some time.
type dashboardPage struct {
	frame
	Departments []choice
	From, To    string // the first and the last day, as in a date field
	Problem     string
	Figures     []namedWords
	Flow        plot
	Ages        []namedCount
	People      []load
	Now         time.Time
	Zone        *time.Location
}

// A load is what one agent has done, and has to do.
type load struct {
	Name                 string
	Open, Replies, Ended int
}

func (s *Server) dashboard(r *http.Request, agent ticket.Agent) (answer, error) {
	policy, query := s.Desk.Policy(), r.URL.Query()
	p := dashboardPage{Now: s.Now(), Zone: policy.ZoneOf(agent)}
	today := midnight(p.Now.In(p.Zone))
	from, end := today.AddDate(0, 0, 1-dashboardDays), today
	status := 0
	for _, day := range []struct {
		text string
		at   *time.Time
	}{{query.Get("from"), &from}, {query.Get("to"), &end}} {
		at, err := time.ParseInLocation(time.DateOnly, cmp.Or(day.text, day.at.Format(time.DateOnly)), p.Zone)
		if err != nil {
			p.Problem, status = "Write days such as 2026-12-24.", http.StatusUnprocessableEntity
			continue
		}
		*day.at = at
	}
	p.From, p.To = from.Format(time.DateOnly), end.Format(time.DateOnly)
	b, err := s.Desk.Dashboard(r.Context(), agent.Key, query.Get("dept"), from, end.AddDate(0, 0, 1))
	if err != nil {
		return answer{}, err
	}
	if p.frame, err = s.frame(r, agent, "Dashboard", ""); err != nil {
		return answer{}, err
	}
	p.Departments = []choice{{Value: "", Name: "all of mine", Here: query.Get("dept") == ""}}
	for _, key := range b.Led {
		p.Departments = append(p.Departments, choice{Value: key, Name: policy.PathName(key), Here: query.Get("dept") == key})
	}
	y := &b.Tally
	p.Figures, p.Flow = figures(y), flow(y, from, end.AddDate(0, 0, 1))
	for i, n := range y.OpenByAge {
		p.Ages = append(p.Ages, namedCount{ticket.TallyAgeNames[i], n})
	}
	p.People = loads(policy, y)
	return answer{status: status, page: "dashboard", data: p}, nil
}

// midnight is when the day of an instant begins, where clocks do not change then.
func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// figures are the few numbers that tell most.
func figures(y *ticket.Tally) []namedWords {
	open := 0
	for _, n := range y.OpenByAge {
		open += n
	}
	all := []namedWords{{"Opened", strconv.Itoa(len(y.Opened))}, {"Resolved or closed", strconv.Itoa(len(y.Ended))}, {"Unfinished now", strconv.Itoa(open)}}
	if n := y.FirstMet + y.FirstLate; n > 0 {
		all = append(all, namedWords{"First answer in time", strconv.Itoa(100*y.FirstMet/n) + " % of " + strconv.Itoa(n)})
	}
	for _, of := range []struct {
		name  string
		spans []time.Duration
	}{{"First answer", y.Answers}, {"Solution", y.Solutions}} {
		if len(of.spans) > 0 {
			all = append(all, namedWords{of.name + ", half within", ticket.Roughly(ticket.Percentile(of.spans, 50))},
				namedWords{of.name + ", nine of ten within", ticket.Roughly(ticket.Percentile(of.spans, 90))})
		}
	}
	if n := len(y.Ratings); n > 0 {
		sorted := slices.Sorted(slices.Values(y.Ratings))
		sum := 0
		for _, stars := range sorted {
			sum += stars
		}
		of := " of " + strconv.Itoa(ticket.BestRating)
		all = append(all, namedWords{"Rating, on average", strconv.FormatFloat(float64(sum)/float64(n), 'f', 1, 64) + of + " (" + strconv.Itoa(n) + " given)"},
			namedWords{"Rating, half at least", strconv.Itoa(sorted[n/2]) + of})
	}
	return all
}

// loads are the agents who did or have something, those with most to do first.
func loads(p *ticket.Policy, y *ticket.Tally) []load {
	people := map[string]bool{}
	for _, by := range []map[string]int{y.Open, y.Replies, y.EndedByWho} {
		for key := range by {
			people[key] = true
		}
	}
	var all []load
	for _, key := range slices.Sorted(maps.Keys(people)) {
		name := "nobody"
		if key != "" {
			name = cmp.Or(p.Agents[key].Name, key)
		}
		all = append(all, load{Name: name, Open: y.Open[key], Replies: y.Replies[key], Ended: y.EndedByWho[key]})
	}
	slices.SortStableFunc(all, func(a, b load) int { return cmp.Compare(b.Open, a.Open) })
	return all
}
