package ticket

import (
	"maps"
	"strings"
	"time"

	"deskpost/ticket/command"
)

// unfinished are the statuses of tickets that somebody still works on.
var unfinished = []Status{New, Open, Pending, Hold}

// searched are those in which a search looks that names none.
var searched = []Status{New, Open, Pending, Hold, Resolved, Closed}

// query reads what an agent asks #list for: words such as mine, unassigned, a
// status, or key:value pairs such as dept:billing prio:high; what else there is,
// and what stands in quotes, is searched for. Without a status it finds what is
// not done; what is snoozed now only if it is asked for. A search finds these,
// too.
func (p *Policy) query(text, agent string, now time.Time) (Filter, error) {
	words, err := command.Words(text)
	if err != nil {
		return Filter{}, refuse(Invalid, "%s", err)
	}
	f := Filter{Awake: now}
	if len(words) == 0 && agent != "" {
		words = []command.Word{{Text: "mine"}}
	}
	for _, word := range words {
		if err := p.narrow(&f, word, agent, now); err != nil {
			return Filter{}, err
		}
	}
	switch {
	case f.Statuses != nil || f.Substatuses != nil:
	case len(f.Phrases) > 0:
		f.Statuses = searched
		if f.Asleep.IsZero() {
			f.Awake = time.Time{}
		}
	case f.StarsTo > 0:
		f.Statuses, f.Awake = searched, time.Time{}
	default:
		f.Statuses = unfinished
	}
	return f, nil
}

// narrow applies one word of a query.
func (p *Policy) narrow(f *Filter, word command.Word, agent string, now time.Time) error {
	if word.Quoted {
		return narrowByText(f, word.Text)
	}
	if known, err := narrowByDeadline(f, word.Text, now); known {
		return err
	}
	if known, err := narrowByRating(f, word.Text); known {
		return err
	}
	if key, value, pair := cutPair(word.Text); pair {
		return p.narrowByPair(f, key, value, agent)
	}
	return p.narrowByWord(f, word.Text, agent)
}

func (p *Policy) narrowByPair(f *Filter, key, value, agent string) error {
	var err error
	switch strings.ToLower(key) {
	case "dept", "department":
		var dept string
		dept, err = p.findDepartment(value)
		f.Departments = append(f.Departments, dept)
	case "prio", "priority":
		f.Priority, err = command.Match(value, p.Priorities)
		if err != nil {
			err = notMatched("priority", err, p.Priorities)
		}
	case "assignee", "agent":
		return p.narrowByAssignee(f, value, agent)
	case "team":
		var team string
		team, err = p.findTeam(value)
		f.Teams = append(f.Teams, team)
	case "status":
		return p.narrowByStatus(f, value)
	case "sla", "plan":
		f.Plan, err = matchNamed("SLA plan", value, maps.Keys(p.Plans), func(k string) string { return p.Plans[k].Name })
	case "field":
		return p.narrowByField(f, value)
	case "tag":
		f.Tag = strings.ToLower(value)
	case "from", "requester":
		f.Requester = strings.ToLower(value)
	default:
		return refuse(Invalid, "%q is not something to list by: there are dept, prio, assignee, team, status, sla, tag, field, rating and from; "+
			"to search for it, write it in quotes", key)
	}
	return err
}

// narrowByField reads such as customer-no=4711.
func (p *Policy) narrowByField(f *Filter, pair string) error {
	word, value, _ := strings.Cut(pair, "=")
	field, err := p.findField(word, p.Fields)
	if err != nil {
		return err
	}
	if value == "" {
		return refuse(Invalid, "which value? Write such as field:%s=VALUE", field.Key)
	}
	if value, err = field.Normal(value); err != nil {
		return err
	}
	if f.Fields == nil {
		f.Fields = map[string]string{}
	}
	if was := f.Fields[field.Key]; was != "" && was != value {
		return refuse(Invalid, "no ticket has two values of %s: give one of them", field.Name)
	}
	f.Fields[field.Key] = value
	return nil
}

func (p *Policy) narrowByAssignee(f *Filter, value, agent string) error {
	switch strings.ToLower(value) {
	case "me":
		return p.narrowToMine(f, agent)
	case "none", "nobody":
		f.Assignee = "-"
	default:
		key, err := p.findAgent(value)
		if err != nil {
			return err
		}
		f.Assignee = key
	}
	return nil
}

func (p *Policy) narrowToMine(f *Filter, agent string) error {
	if agent == "" {
		return refuse(Invalid, "you are no agent: name one, as in assignee:jane")
	}
	f.Assignee = agent
	return nil
}

func (p *Policy) narrowByWord(f *Filter, word, agent string) error {
	switch strings.ToLower(word) {
	case "mine":
		return p.narrowToMine(f, agent)
	case "myteams":
		f.Teams = p.teamsOf(agent)
		if len(f.Teams) == 0 {
			return refuse(Invalid, "you are a member of no team")
		}
	case "unassigned":
		f.Assignee = "-"
	case "snoozed":
		f.Asleep, f.Awake = f.Awake, time.Time{}
	case "held":
		f.Held, f.Awake = true, time.Time{}
		if f.Statuses == nil {
			f.Statuses = searched
		}
	case "all":
		f.Statuses, f.Awake = statuses, time.Time{}
	default:
		if p.isState(word) {
			return p.narrowByStatus(f, word)
		}
		return narrowByText(f, word)
	}
	return nil
}
