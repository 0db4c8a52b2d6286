package ticket

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"deskpost/ticket/command"
)

// A work is one agent's mail being carried out on a copy of the ticket: all of
// it happens, or nothing.
type work struct {
	*turn
	agent    Agent
	byDesk   bool // no agent's, but a macro that the desk runs by itself
	mail     *Mail
	received time.Time
	held     string // why what it says to participants is held; "" if it is not
	direct   bool   // it was asked for otherwise than by mail: who asked gets the transcript, and keeps the text if nothing is done
	sure     bool   // words that only agents have seen may go out
	ticket   Ticket // the copy
	before   Ticket

	block    command.Block
	kind     EntryKind // what the text becomes
	forced   string    // the visibility verb that was given
	text     string
	markdown bool // the text is Markdown
	files    []File
	draft    *Draft // the held mail that this one mends
	stale    bool   // it was meant to mend one that is done or too old

	asked    Number      // the ticket that it is about to its author, which may have been merged into this one
	inserted []insertion // texts by the admin that go before the agent's
	reticent bool        // variables do not tell what the requester wrote
	tasks    []task      // of the block, in the order in which they run
	running  int         // the line in results that is being run
	listed   int         // how many lines of results are those of commands
	chosen   bool        // the assignee, by the rule of a department
	people   []personChange
	links    []linkChange
	watch    *Watcher          // what the agent wants to hear from now on; nil if the mail does not say
	says     *AgentState       // what the agent tells of themselves
	used     map[string]string // groups of verbs that exclude each other, by the first one used
	line     map[string]int    // where in results the verb of a group stands
	events   []*Event
	delayed  []delayed
	results  []ResultLine
	report   []string
	verdict  string // the first line of the transcript
	refused  bool
	leaks    bool // it was refused because its text holds words that not all who would get it have seen
}

// A delayed is what a line does beside changing the copy of the ticket. Nothing
// may be written before every line and the text are found to be in order.
type delayed struct {
	at int // of the line, in results
	do func() (result string, err error)
}

// later notes what is to be written when the mail is carried out.
func (w *work) later(do func() (result string, err error)) {
	w.delayed = append(w.delayed, delayed{w.running, do})
}

// read takes the mail apart: the block of commands, the text, and what the text
// becomes. A new block in answer to a held mail's transcript mends that mail.
func (w *work) read(found match) error {
	w.block = command.Parse(w.mail.NewText, w.policy.knowsVerb)
	w.kind = Note
	if found.kind == TokenReply {
		w.kind = Reply
	}
	w.takeText()
	w.files = slices.DeleteFunc(slices.Clone(w.mail.Files), func(f File) bool { return f.Inline })
	if found.notice.Draft == 0 || len(w.block.Lines) == 0 {
		return nil
	}
	d, err := w.tx.Draft(found.notice.Draft)
	if err != nil {
		return fmt.Errorf("read held mail %d: %w", found.notice.Draft, err)
	}
	if !d.DoneAt.IsZero() || w.now.After(d.Until) || d.Agent != w.agent.Key {
		w.because("held mail %d is done or too old: this one stands alone", d.ID)
		w.stale = w.text == ""
		return nil
	}
	w.because("it mends held mail %d", d.ID)
	w.draft, w.kind = &d, d.Kind
	if w.text == "" {
		w.text = d.Text
	}
	if len(w.files) == 0 {
		w.files = d.Files
	}
	return nil
}

// takeText takes the text that stands below the block.
func (w *work) takeText() {
	if w.block.HasText() {
		w.text = strings.TrimSpace(w.block.Rest)
	}
}

// carryOut runs the block and posts the text, or holds both.
func (w *work) carryOut() (Conclusion, error) {
	w.weighMail()
	if w.refused {
		return w.hold()
	}
	if err := w.run(w.block.Lines); err != nil {
		return Conclusion{}, err
	}
	w.expandInserted()
	w.weighNearMisses()
	w.weighFields()
	if err := w.weighMerge(); err != nil {
		return Conclusion{}, err
	}
	if err := w.makePublic(); err != nil {
		return Conclusion{}, err
	}
	w.weighPosting()
	if w.refused {
		return w.hold()
	}
	return w.commit()
}

// A task is one command of a mail, or of a macro that the mail runs.
type task struct {
	verb Verb
	args string
	at   int // its line in results
}

// run executes the lines in canonical order, so that their order in the mail
// does not matter, and reports them in the order they were written. The error
// is a fault; what an agent did wrong is in the results.
func (w *work) run(lines []command.Line) error {
	w.used, w.line = map[string]string{}, map[string]int{}
	for _, line := range lines {
		w.enlist(line, "")
	}
	w.listed = len(w.results)
	slices.SortStableFunc(w.tasks, func(a, b task) int { return int(a.verb.stage) - int(b.verb.stage) })
	for _, s := range w.tasks {
		if _, ok := w.line[s.verb.group]; !ok {
			w.line[s.verb.group] = s.at
		}
		w.running = s.at
		result, err := w.runVerb(s.verb, s.args)
		if refusal := new(Refusal); err != nil && !errors.As(err, &refusal) {
			return fmt.Errorf("run #%s: %w", s.verb.Name, err)
		}
		if err != nil {
			w.refuseLine(s.at, err)
			continue
		}
		w.results[s.at].Result = result
	}
	return nil
}

func (w *work) runVerb(v Verb, args string) (string, error) {
	if w.ticket.Number == 0 && (v.Right != "" || v.stage != stageReport) {
		return "", aboutOneTicket()
	}
	if w.byDesk && v.forAgents() {
		return "", refuse(NotAllowed, "is for agents")
	}
	if v.self != nil && w.byOperator() {
		return "", refuse(Invalid, "is about yourself, and you are no agent: say as which agent")
	}
	if v.Right != "" && !w.may(v.Right, w.before.Department) {
		return "", refuse(NotAllowed, "%s", w.missing(v.Right))
	}
	if v.group != "" {
		if err := w.claim(v.group, v.Name); err != nil {
			return "", err
		}
	}
	if v.self != nil {
		return v.self(w, speaker{w.agent}, args)
	}
	return v.do(w, args)
}

// aboutOneTicket refuses a command that was given without a ticket.
func aboutOneTicket() error { return refuse(Invalid, "is about one ticket: say about which") }

// claim notes that a verb of a group is used, and refuses a second one.
func (w *work) claim(group, verb string) error {
	if first, ok := w.used[group]; ok {
		return refuse(Conflict, "contradicts #%s: give one of them", first)
	}
	w.used[group] = verb
	return nil
}

func (w *work) refuseLine(at int, err error) {
	w.results[at].Result, w.results[at].Failed, w.refused = err.Error(), true, true
}

// doubt adds a line that keeps everything from happening.
func (w *work) doubt(about, format string, args ...any) {
	w.refused = true
	w.results = append(w.results, ResultLine{Line: about, Result: fmt.Sprintf(format, args...), Failed: true})
}

// byOperator reports whether no agent acts, but whoever may run the program's
// commands.
func (w *work) byOperator() bool { return w.agent.Key == "" && !w.byDesk }

// may reports whether who acts has the right in the department. The operator and
// the desk itself may do everything.
func (w *work) may(right Right, department string) bool {
	return w.byOperator() || w.byDesk || w.policy.May(w.agent.Key, right, department)
}

// missing says which right is missing in the ticket's department, and whom to
// ask.
func (w *work) missing(right Right) string { return w.missingIn(right, w.before.Department) }

func (w *work) missingIn(right Right, department string) string {
	return w.lacks(w.agent.Key, right, department)
}

// lacks says which right an agent lacks in a department, and whom to ask.
func (t *turn) lacks(agent string, right Right, department string) string {
	s := fmt.Sprintf("needs the right %q in %s, where ", right, t.policy.PathName(department))
	if role, _ := t.policy.RoleIn(agent, department); role.Key != "" {
		s += fmt.Sprintf("your role is %q", role.Key)
	} else {
		s += "you have no role"
	}
	if leads := t.leads(department); len(leads) > 0 {
		s += "; ask " + t.policy.agentName(leads[0])
	}
	return s
}

// posts reports whether the mail has anything to put into the thread.
func (w *work) posts() bool { return w.text != "" || len(w.files) > 0 || len(w.inserted) > 0 }
