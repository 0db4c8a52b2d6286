package ticket

import (
	"regexp"
	"slices"
	"strings"
)

// mentionLike finds what may be a mention: "@" and a name, but not within an
// address.
var mentionLike = regexp.MustCompile(`(?:^|[^\pL\pN.@_+-])@([a-zA-Z0-9][a-zA-Z0-9-]*)`)

// mentioned lists the agents whom a note mentions, by key or by that of their
// team, and says in the transcript who of them may not read it.
func (w *work) mentioned(note string) []string {
	var keys []string
	for _, m := range mentionLike.FindAllStringSubmatch(note, -1) {
		name := strings.ToLower(strings.TrimRight(m[1], "-"))
		if team, ok := w.policy.Teams[name]; ok {
			keys = append(keys, w.policy.Crew(team.Key, w.ticket.Department)...)
		}
		agent, ok := w.policy.Agents[name]
		switch {
		case !ok || slices.Contains(keys, name):
		case w.policy.May(name, MayRead, w.ticket.Department):
			keys = append(keys, name)
		default:
			w.results = append(w.results, ResultLine{Line: "@" + name,
				Result: agent.Name + " was not told: no access to " + w.policy.PathName(w.ticket.Department)})
		}
	}
	return keys
}
