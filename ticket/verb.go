package ticket

import (
	"fmt"
	"slices"
	"strings"

	"deskpost/ticket/command"
)

// A Verb is one command that agents have, by mail or on the page. Help is
// printed from this table, so a verb is added by adding a row.
type Verb struct {
	Name    string
	Aliases []string
	Args    string // how its arguments are written; "" for none
	Help    string
	Right   Right // needed in the ticket's department; "" for every agent

	stage stage
	group string // of the verbs with the same group, a mail may give one
	do    func(w *work, args string) (result string, err error)
	self  func(w *work, me speaker, args string) (result string, err error) // in place of do: about who gives it
}

// A speaker is the agent who gives a command about themselves. What agents want of
// the desk is kept for a speaker only, and runVerb makes none of the operator and
// of the desk, who are no agents.
type speaker struct{ Agent }

// A stage is the place of a verb in the canonical order (commands.md b.2, rule
// 7): whatever order the lines have, departments change before assignees and
// the status comes last.
type stage int

const (
	stageVisibility stage = iota
	stageRequester
	stageDepartment
	stagePlan
	stagePriority
	stageAssignee
	stageFields
	stageTags
	stagePeople
	stageText
	stageStatus
	stageTime // after the status, since only what is not done can be put off
	stageReport
)

// Verbs is the table of all verbs, in the order help prints them.
func Verbs() []Verb {
	return []Verb{
		{Name: "reply", Aliases: []string{"public"}, Help: "send your text to the customer", Right: MayReply,
			stage: stageVisibility, group: "visibility", do: doReply},
		{Name: "note", Aliases: []string{"private", "internal"}, Help: "keep your text as a note that only agents see", Right: MayNote,
			stage: stageVisibility, group: "visibility", do: doNote},
		{Name: "resolve", Aliases: []string{"resolved", "solved", "fixed"}, Help: "mark as resolved; your text goes to the customer unless you say #note", Right: MayClose,
			stage: stageStatus, group: "status", do: doResolve},
		{Name: "close", Aliases: []string{"closed"}, Args: "[REASON]", Help: "close the ticket; the reason is for agents", Right: MayClose,
			stage: stageStatus, group: "status", do: setStatusFor(Closed)},
		{Name: "open", Aliases: []string{"reopen"}, Help: "open it again", Right: MayEdit,
			stage: stageStatus, group: "status", do: setStatusTo(Open)},
		{Name: "pending", Aliases: []string{"wait"}, Args: "[TIME]", Help: "wait for the customer; come back at a time, such as 3d or fri", Right: MayEdit,
			stage: stageStatus, group: "status", do: doPending},
		{Name: "hold", Args: "[REASON]", Help: "wait for a third party; the reason is for agents", Right: MayEdit,
			stage: stageStatus, group: "status", do: setStatusFor(Hold)},
		{Name: "status", Args: "NAME", Help: "open, pending, hold, resolved, closed, or one that your admin has added; needs the right to edit, or to close",
			stage: stageStatus, group: "status", do: doStatus},
		{Name: "spam", Help: "mark as spam: later mail is kept silently", Right: MayBan,
			stage: stageStatus, group: "status", do: setStatusTo(Spam)},
		{Name: "snooze", Aliases: []string{"remind"}, Args: "TIME | off", Help: "hide the ticket until then, or until the customer writes; a time is such as 2h, 3d, tomorrow 9:00, fri, 2026-12-24 10:00", Right: MayEdit,
			stage: stageTime, group: "snooze", do: doSnooze},
		{Name: "due", Args: "TIME | none", Help: "set when the ticket has to be resolved, in place of what its SLA plan says", Right: MayEdit,
			stage: stageTime, group: "due", do: doDue},
		{Name: "priority", Aliases: []string{"prio"}, Args: "NAME", Help: "set the priority; its name alone works too: #high", Right: MayEdit,
			stage: stagePriority, group: "priority", do: doPriority},
		{Name: "assign", Args: "AGENT | team:NAME | me | none", Help: "give the ticket to an agent, or to a team; none takes it from both", Right: MayAssign,
			stage: stageAssignee, do: doAssign},
		{Name: "take", Aliases: []string{"mine", "claim"}, Help: "give the ticket to yourself", Right: MayAssign,
			stage: stageAssignee, do: func(w *work, args string) (string, error) {
				return noArgs(args, func() (string, error) { return doAssign(w, "me") })
			}},
		{Name: "release", Aliases: []string{"unassign"}, Help: "give the ticket to nobody", Right: MayAssign,
			stage: stageAssignee, do: func(w *work, args string) (string, error) {
				return noArgs(args, func() (string, error) { return doAssign(w, "none") })
			}},
		{Name: "dept", Aliases: []string{"department", "transfer", "queue"}, Args: "DEPARTMENT", Help: "move the ticket to another department", Right: MayTransfer,
			stage: stageDepartment, group: "department", do: doDepartment},
		{Name: "sla", Args: "PLAN | none | auto", Help: "set the SLA plan; auto takes the department's", Right: MayEdit,
			stage: stagePlan, group: "plan", do: doPlan},
		{Name: "field", Aliases: []string{"set"}, Args: "NAME=VALUE", Help: "fill in a field of the ticket; NAME= empties it", Right: MayEdit,
			stage: stageFields, do: doField},
		{Name: "time", Args: "25m | 1h30 | -10m", Help: "add to the time that you have spent on the ticket; with a minus, take off", Right: MayEdit,
			stage: stageFields, do: doTime},
		{Name: "tag", Args: "+NAME -NAME =NAME", Help: "add, remove or replace tags", Right: MayEdit,
			stage: stageTags, do: doTag},
		{Name: "untag", Args: "NAME", Help: "take tags away", Right: MayEdit,
			stage: stageTags, do: doUntag},
		{Name: "subject", Aliases: []string{"retitle"}, Args: "TEXT", Help: "call the ticket otherwise; mail to the customer keeps its subject", Right: MayEdit,
			stage: stageRequester, group: "subject", do: doSubject},
		{Name: "requester", Aliases: []string{"customer"}, Args: "ADDRESS", Help: "give the ticket to another customer", Right: MayEdit,
			stage: stageRequester, group: "requester", do: doRequester},
		{Name: "cc", Args: "+ADDRESS -ADDRESS", Help: "let people take part: they get replies and may answer", Right: MayEdit,
			stage: stagePeople, do: doCc},
		{Name: "allow", Args: "[ADDRESS | last]", Help: "take what was held of somebody who does not take part; they take part from then on", Right: MayReply,
			stage: stagePeople, group: "held", do: doAllow},
		{Name: "deny", Args: "[ADDRESS | last]", Help: "leave out what was held of somebody who does not take part; nobody is told", Right: MayReply,
			stage: stagePeople, group: "held", do: doDeny},
		{Name: "canned", Args: "NAME", Help: "put a canned reply before your text; #list canned shows them", Right: MayReply,
			stage: stageText, do: doCanned},
		{Name: "macro", Args: "NAME", Help: "run commands that your admin has put together; #list macros shows them; each needs its right",
			stage: stageText, do: doMacro},
		{Name: "watch", Help: "be told of all that is written on the ticket", Right: MayRead,
			stage: stagePeople, group: "watch", self: watchAs(Watching, "you are told of messages, replies and notes")},
		{Name: "unwatch", Help: "take back #watch or #mute", Right: MayRead,
			stage: stagePeople, group: "watch", self: watchAs(Unwatched, "you are told what others are")},
		{Name: "mute", Help: "be told no more of the ticket, unless it is given to you or a note mentions you", Right: MayRead,
			stage: stagePeople, group: "watch", self: watchAs(Muted, "you are told only what is said to you")},
		{Name: "away", Args: "[TIME] [AGENT | none]", Help: "get no tickets and no mail until then, or until #back; the agent stands in",
			stage: stagePeople, group: "away", self: doAway},
		{Name: "back", Help: "be there again", stage: stagePeople, group: "away", self: doBack},
		{Name: "merge", Args: "NUMBER [+cc | -cc]", Help: "go on in another ticket; who takes part only in this one gets the replies there (+cc) or not (-cc)", Right: MayMerge,
			stage: stageStatus, group: "status", do: doMerge},
		{Name: "split", Args: "ENTRY [SUBJECT]", Help: "make a ticket of its own of what a customer wrote; #show numbers the entries", Right: MayCreate,
			stage: stagePeople, do: doSplit},
		{Name: "link", Args: "NUMBER [duplicate | blocks | blocked | child | parent | related]", Help: "say what this ticket is to another one", Right: MayLink,
			stage: stageTags, do: doLink},
		{Name: "unlink", Args: "NUMBER [duplicate | blocks | blocked | child | parent | related]", Help: "say that it no longer is", Right: MayLink,
			stage: stageTags, do: doUnlink},
		{Name: "subscribe", Args: "plan | report", Help: "get the plan of your day, or the weekly report of what you lead", stage: stagePeople, self: doSubscribe(false)},
		{Name: "unsubscribe", Args: "plan | report", Help: "get it no more", stage: stagePeople, self: doSubscribe(true)},
		{Name: "undo", Help: "take back what you did last on the ticket, within 15 minutes; a reply as long as it was not sent",
			stage: stageRequester, do: doUndo},
		{Name: "show", Args: "[NUMBER]", Help: "get the whole thread by mail", Right: MayRead,
			stage: stageReport, do: doShow},
		{Name: "list", Args: "[mine | myteams | unassigned | snoozed | overdue | held | open | QUERY | canned | macros | fields]", Help: "get a list of tickets; a query is such as dept:billing prio:high due<2h, and what stands in quotes is searched for",
			stage: stageReport, do: doList},
		{Name: "help", Args: "[VERB]", Help: "get this list", stage: stageReport, do: doHelp},
	}
}

// knowsVerb reports whether a word is a verb, one of its aliases, or the name
// of a priority.
func (p *Policy) knowsVerb(word string) bool {
	_, _, err := p.findVerb(word, "")
	return err == nil
}

// findVerb looks a word up. The name of a priority is the verb "priority" with
// that name as its argument.
func (p *Policy) findVerb(word, args string) (Verb, string, error) {
	verbs := Verbs()
	if strings.EqualFold(word, "owner") {
		return Verb{}, "", refuse(Invalid, "means different people in different help desks: write #assign NAME for who works on the ticket")
	}
	for _, v := range verbs {
		if strings.EqualFold(v.Name, word) || slices.ContainsFunc(v.Aliases, func(a string) bool { return strings.EqualFold(a, word) }) {
			return v, args, nil
		}
	}
	for _, name := range p.Priorities {
		if strings.EqualFold(name, word) {
			i := slices.IndexFunc(verbs, func(v Verb) bool { return v.Name == "priority" })
			if args != "" {
				return Verb{}, "", refuse(Invalid, "takes no argument: write #%s alone, or #priority NAME", strings.ToLower(word))
			}
			return verbs[i], name, nil
		}
	}
	if near := command.Suggest(strings.ToLower(word), p.verbWords()); near != "" {
		return Verb{}, "", refuse(Invalid, "unknown; did you mean #%s?", near)
	}
	return Verb{}, "", refuse(Invalid, "unknown; #help lists the commands")
}

// verbWords are all words that findVerb knows.
func (p *Policy) verbWords() []string {
	var words []string
	for _, v := range Verbs() {
		words = append(append(words, v.Name), v.Aliases...)
	}
	for _, name := range p.Priorities {
		words = append(words, strings.ToLower(name))
	}
	return words
}

// usage is how a verb is written, as in "#assign AGENT | me | none".
func (v Verb) usage() string { return strings.TrimSpace("#" + v.Name + " " + v.Args) }

// helpLines is the help on one verb, or on all of them.
func (p *Policy) helpLines(word string) ([]string, error) {
	if word != "" {
		v, _, err := p.findVerb(strings.TrimPrefix(word, "#"), "")
		if err != nil {
			return nil, err
		}
		lines := []string{v.usage(), "  " + v.Help}
		if len(v.Aliases) > 0 {
			lines = append(lines, "  also: #"+strings.Join(v.Aliases, ", #"))
		}
		if v.Right != "" {
			lines = append(lines, fmt.Sprintf("  needs the right %q", v.Right))
		}
		return lines, nil
	}
	lines := []string{"Commands go on the first lines of your answer, one a line; your text follows below.", ""}
	for _, v := range Verbs() {
		lines = append(lines, v.usage(), "    "+v.Help)
	}
	return append(lines, "", "All of a mail's commands are done, or none: where one is in doubt your text is held and you are told."), nil
}
