package main

import (
	"slices"
	"strings"

	"deskpost/ticket"
)

type rawNotify struct {
	New      string `toml:"new"`
	Message  string `toml:"message"`
	Reply    string `toml:"reply"`
	Note     string `toml:"note"`
	Transfer string `toml:"transfer"`
}

// notify checks how much an agent wants to hear. Only what differs from the
// defaults gets into the policy.
func (c *checker) notify(agent string, raw rawNotify) map[ticket.NoticeKind]ticket.Wish {
	words := make([]string, len(ticket.Wishes))
	for i, w := range ticket.Wishes {
		words[i] = string(w)
	}
	var wishes map[ticket.NoticeKind]ticket.Wish
	for _, w := range []struct {
		key, value string
		kind       ticket.NoticeKind
	}{
		{"new", raw.New, ticket.NoticeNew}, {"message", raw.Message, ticket.NoticeMessage}, {"reply", raw.Reply, ticket.NoticeReplied},
		{"note", raw.Note, ticket.NoticeNote}, {"transfer", raw.Transfer, ticket.NoticeTransferred},
	} {
		c.oneOf(at("agent", agent, "notify", w.key), w.value, words...)
		if wish := ticket.Wish(w.value); wish != ticket.WishMine {
			if wishes == nil {
				wishes = map[ticket.NoticeKind]ticket.Wish{}
			}
			wishes[w.kind] = wish
		}
	}
	return wishes
}

// tellCustomer checks what the customers of a department are told beyond what
// they always are.
func (c *checker) tellCustomer(path keyPath, values []string) []ticket.Option {
	var options []ticket.Option
	for i, v := range values {
		line := c.index.elementLine(path, i)
		switch o := ticket.Option(v); {
		case !slices.Contains(ticket.Options, o):
			known := make([]string, len(ticket.Options))
			for i, o := range ticket.Options {
				known[i] = string(o)
			}
			c.faultAt(line, path, "%q is nothing that customers can be told of%s Write any of: %s", v, fullStop(didYouMean(v, known)), strings.Join(known, ", "))
		case slices.Contains(options, o):
			c.faultAt(line, path, "%q is there twice; take one out", v)
		default:
			options = append(options, o)
		}
	}
	return options
}
