package ticket

import (
	"maps"
	"strings"
	"time"

	"deskpost/ticket/command"
)

// unfinished are the statuses of tickets that somebody still works on.
var unfinished = []Status{New, Open, Pending, Hold}

// query reads what an agent asks #list for: words such as mine, unassigned, a
// status, or key:value pairs such as dept:billing prio:high. Without a status
// it finds what is not done; what is snoozed now only if it is asked for.
func (p *Policy) query(text, agent string, now time.Time) (Filter, error) {
	words, err := command.Fields(text)
	if err != nil {
		return Filter{}, refuse(Invalid, "%s", err)
	}
	f := Filter{Awake: now}
	if len(words) == 0 && agent != "" {
		words = []string{"mine"}
	}
	for _, word := range words {
		known, err := narrowByDeadline(&f, word, now)
		if !known {
			err = p.narrow(&f, word, agent)
		}
		if err != nil {
			return Filter{}, err
		}
	}
	if f.Statuses == nil && f.Substatuses == nil {
		f.Statuses = unfinished
	}
	return f, nil
}

// narrow applies one word of a query.
func (p *Policy) narrow(f *Filter, word, agent string) error {
	key, value, pair := strings.Cut(word, ":")
	if !pair {
		return p.narrowByWord(f, strings.ToLower(word), agent)
	}
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
		return refuse(Invalid, "%q is not something to list by: there are dept, prio, assignee, team, status, sla, tag, field and from", key)
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
	switch word {
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
	case "all":
		f.Statuses, f.Awake = statuses, time.Time{}
	default:
		if err := p.narrowByStatus(f, word); err != nil {
			return refuse(Invalid, "%q is not something to list: write mine, myteams, unassigned, snoozed, overdue, all, a status, or such as dept:billing prio:high due<2h", word)
		}
	}
	return nil
}
