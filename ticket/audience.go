package ticket

import (
	"fmt"
	"maps"
	"slices"
)

// An audience says which agents are told of something that happens to a ticket.
// Who caused it never is. Customers are told by what acknowledge.go,
// tell_customer.go and work_tell.go decide.
type audience struct {
	assignee hearing
	watchers hearing // who said #watch
	members  hearing // of its team, or without one of its department
	lead     hearing // of its team or department, or the admins
}

// A hearing says when a group of an audience is told.
type hearing int

const (
	never hearing = iota
	always
	unassigned // while nobody has the ticket
)

// audiences is the table of who is told what (lifecycle.md g.3), by the notice
// they get. Notices that answer an agent's own mail are not in it. Beside these,
// a team is told that it got a ticket, and a note is told to whom it mentions.
var audiences = map[NoticeKind]audience{
	NoticeNew:           {assignee: always, members: unassigned},
	NoticeMessage:       {assignee: always, watchers: always, members: unassigned},
	NoticeReplied:       {assignee: always, watchers: always},
	NoticeNote:          {assignee: always, watchers: always},
	NoticeTransferred:   {assignee: always, members: always},
	NoticeFollowUp:      {assignee: always, members: unassigned},
	NoticeGuest:         {assignee: always, lead: unassigned},
	NoticeUndeliverable: {assignee: always, lead: unassigned},
	NoticeDelayed:       {assignee: always, lead: unassigned},
	NoticeStuck:         {assignee: always, lead: unassigned},
}

// A Wish is how much an agent wants to hear of one kind of thing. Leads and
// admins hear what nobody else does whatever they wish.
type Wish string

// The wishes.
const (
	WishMine Wish = "mine" // what the table above says
	WishAll  Wish = "all"  // of every ticket they may read
	WishNone Wish = "none"
)

// Wishes lists every wish.
var Wishes = []Wish{WishMine, WishAll, WishNone}

// audience lists the agents who are told of something about a ticket, but for
// the one who caused it. What nobody hears while nobody has the ticket, its leads
// do, or who else is there.
func (t *turn) audience(tk *Ticket, kind NoticeKind, actor string) ([]string, error) {
	row, listed := audiences[kind]
	if !listed {
		handlers, err := t.present(t.handlers(tk))
		return without(handlers, actor), err
	}
	modes, err := t.watchModes(tk, kind)
	if err != nil {
		return nil, err
	}
	free := !t.policy.May(tk.Assignee, MayRead, tk.Department)
	told := map[string]bool{}
	tell := func(when hearing, keys ...string) {
		for _, key := range keys {
			told[key] = told[key] || when == always || when == unassigned && free
		}
	}
	for key, agent := range t.policy.Agents {
		if !t.policy.May(key, MayRead, tk.Department) {
			continue
		}
		if agent.Notify[kind] == WishAll {
			tell(always, key)
		}
		if modes[key] == Watching {
			tell(row.watchers, key)
		}
	}
	members, err := t.present(t.members(tk))
	if err != nil {
		return nil, err
	}
	tell(row.members, members...)
	for key := range told {
		if t.policy.Agents[key].Notify[kind] == WishNone || modes[key] == Muted {
			told[key] = false
		}
	}
	if !free && t.policy.Agents[tk.Assignee].Notify[kind] != WishNone {
		tell(row.assignee, tk.Assignee)
	}
	tell(row.lead, t.leadsOf(tk)...)
	told[actor] = false
	maps.DeleteFunc(told, func(_ string, yes bool) bool { return !yes })
	if free && len(told) == 0 && (row.members != never || row.lead != never) {
		if leads := without(t.leadsOf(tk), actor); len(leads) > 0 {
			return leads, nil
		}
		return without(members, actor), nil
	}
	return slices.Sorted(maps.Keys(told)), nil
}

// members are the agents of a ticket's team, or without one of its department.
func (t *turn) members(tk *Ticket) []string {
	if crew := t.policy.Crew(tk.Team, tk.Department); len(crew) > 0 {
		return crew
	}
	return t.policy.Members(tk.Department)
}

// watchModes are what agents said they want to hear of a ticket, by key. Of a
// new one nobody has said anything.
func (t *turn) watchModes(tk *Ticket, kind NoticeKind) (map[string]WatchMode, error) {
	if kind == NoticeNew {
		return nil, nil
	}
	list, err := t.tx.Watchers(tk.Number)
	if err != nil {
		return nil, fmt.Errorf("read who watches ticket %d: %w", tk.Number, err)
	}
	modes := map[string]WatchMode{}
	for _, w := range list {
		modes[w.Agent] = w.Mode
	}
	return modes, nil
}

// watchers are the agents who said #watch, as far as they may still read it.
func (t *turn) watchers(tk *Ticket) ([]string, error) {
	list, err := t.tx.Watchers(tk.Number)
	if err != nil {
		return nil, fmt.Errorf("read who watches ticket %d: %w", tk.Number, err)
	}
	var keys []string
	for _, w := range list {
		if w.Mode == Watching && t.policy.May(w.Agent, MayRead, tk.Department) {
			keys = append(keys, w.Agent)
		}
	}
	return keys, nil
}

// without is a list of keys without one of them.
func without(keys []string, key string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return k == key })
}
