package ticket

import (
	"slices"
	"strings"
	"time"

	"deskpost/ticket/command"
)

// midnight is the time of day that is meant where an agent names only the day on
// which they are back.
var midnight = command.ClockTime(0, 0)

// doAway notes that the agent is away, until when, and who stands in. Both may be
// left out: then they say so when they are back, and the deputy is the one of the
// config.
func doAway(w *work, me speaker, args string) (string, error) {
	until, rest := w.backAt(args)
	deputy, err := w.deputyFor(rest, args)
	if err != nil {
		return "", err
	}
	if err := w.noCircle(deputy); err != nil {
		return "", err
	}
	if err := w.tells(me, func(s *AgentState) { s.AwayFrom, s.AwayUntil, s.Deputy = w.now, until, deputy }); err != nil {
		return "", err
	}
	result := "away until you say #back"
	if !until.IsZero() {
		result = "away until " + until.In(w.policy.ZoneOf(w.agent)).Format("Mon 2 Jan 2006 15:04 MST")
	}
	if deputy == "" {
		return result + "; your lead hears of your tickets, since nobody stands in", nil
	}
	result += "; " + w.policy.agentName(deputy) + " hears of your tickets"
	if s, err := w.state(deputy); err != nil || s.Away(w.now) {
		return result + ", but is " + w.absence(s) + " too", err
	}
	return result, nil
}

// backAt is the time that the words begin with, as seen where the agent works,
// and the words behind it. It is zero if they begin with none.
func (w *work) backAt(args string) (time.Time, string) {
	words := strings.Fields(args)
	for n := len(words); n > 0; n-- {
		at, err := command.When(strings.Join(words[:n], " "), w.received.In(w.policy.ZoneOf(w.agent)), midnight)
		if err == nil {
			return at.UTC().Truncate(time.Millisecond), strings.Join(words[n:], " ")
		}
	}
	return time.Time{}, args
}

// deputyFor is the agent whom a word names, or the one of the config. args are
// all the words, of which the first may be a time that was not understood.
func (w *work) deputyFor(word, args string) (string, error) {
	switch strings.ToLower(word) {
	case "":
		if w.policy.enabled(w.agent.Deputy) {
			return w.agent.Deputy, nil
		}
		return "", nil
	case "none", "nobody":
		return "", nil
	}
	key, err := w.policy.findAgent(word)
	switch {
	case err == nil && key == w.agent.Key:
		return "", refuse(Invalid, "you cannot stand in for yourself: name somebody else, or nobody")
	case err == nil:
		return key, nil
	case word != args:
		return "", err
	}
	first, _, _ := strings.Cut(word, " ")
	_, notTime := command.When(first, w.received.In(w.policy.ZoneOf(w.agent)), midnight)
	return "", refuse(Invalid, "neither a time nor an agent: %s; %s", notTime, err)
}

// noCircle refuses a deputy whose own deputies lead back to the agent.
func (w *work) noCircle(deputy string) error {
	for met := []string{w.agent.Key}; deputy != "" && !slices.Contains(met[1:], deputy); {
		met = append(met, deputy)
		s, err := w.state(deputy)
		if err != nil {
			return err
		}
		if !s.Away(w.now) {
			return nil
		}
		if s.Deputy == w.agent.Key {
			return refuse(Conflict, "%s is away, and you stand in there: name somebody else, or nobody", w.policy.agentName(deputy))
		}
		deputy = s.Deputy
	}
	return nil
}

// doBack notes that the agent is back.
func doBack(w *work, me speaker, args string) (string, error) {
	return noArgs(args, func() (string, error) {
		s, err := w.state(me.Key)
		if err != nil || !s.Away(w.now) {
			return "you were not away", err
		}
		err = w.tells(me, func(s *AgentState) { s.AwayFrom, s.AwayUntil, s.Deputy = time.Time{}, time.Time{}, "" })
		return "you are back: your tickets are yours again", err
	})
}

// notThere says that an agent who is given something is away, "" if they are not.
func (w *work) notThere(key string) (string, error) {
	s, err := w.state(key)
	if err != nil || !s.Away(w.now) {
		return "", err
	}
	said := " (" + w.absence(s)
	if s.Deputy != "" {
		said += "; " + w.policy.agentName(s.Deputy) + " stands in"
	}
	return said + ")", nil
}
