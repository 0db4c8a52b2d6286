package main

import (
	"maps"
	"slices"
	"strings"

	"deskpost/ticket"
)

type rawStatus struct {
	Name string `toml:"name"`
	Of   string `toml:"of"`
}

// listWords mean something of their own in #list and #status.
var listWords = []string{"all", "mine", "myteams", "overdue", "snooze", "snoozed", "unassigned"}

// statuses checks the statuses that the admin adds.
func (c *checker) statuses(raw *rawConfig) map[string]ticket.Substatus {
	settable := make([]string, len(ticket.Settable))
	for i, s := range ticket.Settable {
		settable[i] = string(s)
	}
	all := map[string]ticket.Substatus{}
	owner := map[string]string{} // of each word that commands know a status by
	for _, key := range c.names("status") {
		r := raw.Status[key]
		in := func(name string) keyPath { return at("status", key, name) }
		c.required(in("name"), r.Name, `name = "Waiting for vendor"`)
		if c.required(in("of"), r.Of, `of = "hold"`) {
			c.oneOf(in("of"), r.Of, settable...)
		}
		c.ownWord(at("status", key), key, key, owner)
		if r.Name != "" {
			c.ownWord(in("name"), r.Name, key, owner)
		}
		all[key] = ticket.Substatus{Key: key, Name: c.oneLine(in("name"), r.Name), Of: ticket.Status(r.Of)}
	}
	return all
}

// ownWord demands that a word for a status means nothing else in commands.
func (c *checker) ownWord(path keyPath, word, key string, owner map[string]string) {
	word = folded(word)
	ours := slices.Clone(listWords)
	for _, s := range ticket.Statuses() {
		ours = append(ours, string(s))
	}
	other, twice := owner[word]
	switch {
	case slices.Contains(ours, word):
		c.fault(path, "%q is a status or a word of #list already; write another one, such as \"waiting for vendor\"", word)
	case twice && other != key:
		c.fault(path, "%q cannot be told from [status.%s] in commands; write another one", word, other)
	}
	owner[word] = key
}

// stateIn checks that a value is one of some statuses, or one that the admin has
// added within one of them.
func (c *checker) stateIn(line int, path keyPath, value, what string, p *ticket.Policy, within ...ticket.Status) ticket.State {
	var words []string
	for _, s := range within {
		words = append(words, string(s))
	}
	for _, key := range slices.Sorted(maps.Keys(p.Substatuses)) {
		if slices.Contains(within, p.Substatuses[key].Of) {
			words = append(words, key)
		}
	}
	if !slices.Contains(words, value) {
		if !c.known(path) {
			c.faultAt(line, path, "%q is not %s%s Write one of: %s", value, what, fullStop(didYouMean(value, words)), strings.Join(words, ", "))
		}
		return ticket.State{}
	}
	if sub, ok := p.Substatuses[value]; ok {
		return ticket.State{Status: sub.Of, Substatus: value}
	}
	return ticket.State{Status: ticket.Status(value)}
}
