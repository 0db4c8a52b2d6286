package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"

	"deskpost/inbound/mime"
	"deskpost/ticket"
)

// A story is the life of three tickets, played by people who only have mail
// programs. Every step waits for what the step before caused, so a step that
// does not happen ends the story with an error.
type story struct {
	ctx  context.Context
	line *timeline
	app  *app
	path string // the config file
	err  error  // the first step that did not happen

	karen, ken, chris, jane, john *person
}

func newStory(host *demoHost, a *app, path string, line *timeline) *story {
	return &story{line: line, app: a, path: path,
		karen: host.person("karen@customer.example"), ken: host.person("ken@customer.example"),
		chris: host.person("chris@customer.example"), jane: host.person("jane@bank.example"),
		john: host.person("john@bank.example")}
}

// play plays the whole story.
func (s *story) play(ctx context.Context) error {
	s.ctx = ctx
	s.line.printf("deskpost demo: a bank's help desk, its agents Jane Doe and John Smith, and three customers.\n" +
		"Everything goes through real IMAP and SMTP on this machine.\n")
	s.bankingIsDown()
	s.accountingNeedsAdobe()
	s.laptopIsDead()
	return s.err
}

// bankingIsDown is the first ticket: an emergency that changes hands, with an
// admin who lets an agent in, a slip that is caught, and a return.
func (s *story) bankingIsDown() {
	s.line.chapter("Ticket 1: online banking is down")
	s.writes(s.karen, "support@bank.example", "Entire mobile/online banking system is down",
		"Hello,\nnobody here can sign in to online banking since 9 o'clock, neither in the\nbrowser nor on the phone.\nKaren Miller")
	s.gets(s.karen, "[#1001]", "an acknowledgement")
	notice := s.gets(s.john, "[#1001] New", "the new ticket, since he works in Support")

	s.adminGivesJaneAccess()

	s.answers(s.john, notice, "#emergency\n#sla sev-a\n#note\n\nWhole system down, not one account. Jane, can you take this one?")
	s.gets(s.john, "[#1001] Done", "a transcript of what his commands did")
	s.holds(1001, func(tk ticket.Ticket) bool { return tk.Priority == "Emergency" && tk.Plan == "sev-a" }, "priority Emergency, plan Sev-A")
	s.answers(s.john, notice, "#dept online-banking\n#assgin jane\n\nWe have your report and are on it.")
	held := s.gets(s.john, "[#1001] NOT done", "a question: #assgin is no command, so nothing was done and nothing was sent")
	s.answers(s.john, held, "#dept online-banking\n#assign jane")
	s.gets(s.karen, "banking system is down", "John's words, from the department's address")
	assigned := s.gets(s.jane, "[#1001] Yours", "the ticket, now hers and in Online Banking")
	s.holds(1001, func(tk ticket.Ticket) bool { return tk.Department == "online-banking" && tk.Assignee == "jane" }, "in Online Banking, assigned to Jane")

	s.answers(s.jane, assigned, "Database node 2 has a full disk. Failing over.")
	s.answers(s.jane, assigned, "#reply\nHello Karen,\nwe found the cause and expect to be back within the hour.")
	reply := s.gets(s.karen, "banking system is down", "Jane's answer (and never her note)")
	s.keepsSecret(reply, "full disk", "jane@bank.example")
	s.answers(s.karen, reply, "Thank you for telling us. We wait.")
	message := s.gets(s.jane, "[#1001] Message", "Karen's answer")
	s.answers(s.jane, message, "#resolve\n\nOnline banking is back. Please tell us if anything is still odd.")
	resolved := s.gets(s.karen, "banking system is down", "the reply that resolves the ticket")
	s.holds(1001, func(tk ticket.Ticket) bool { return tk.Status == ticket.Resolved }, "resolved")
	s.answers(s.karen, resolved, "The app still shows yesterday's balance!")
	again := s.gets(s.jane, "[#1001] Reopened", "the ticket back: Karen wrote in time, so it is open again")
	s.holds(1001, func(tk ticket.Ticket) bool { return tk.Status == ticket.Open }, "open again")
	s.answers(s.jane, again, "#close\n\nThe balances are refreshed now. Thank you for your patience!")
	s.gets(s.karen, "banking system is down", "the last reply")
	s.holds(1001, func(tk ticket.Ticket) bool { return tk.Status == ticket.Closed }, "closed")
}

// accountingNeedsAdobe is the second ticket: simple, and done by one agent.
func (s *story) accountingNeedsAdobe() {
	s.line.chapter("Ticket 2: accounting needs a newer Adobe")
	s.writes(s.ken, "support@bank.example", "Accounting department needs Adobe upgrade",
		"Hi, the PDF forms of the auditors do not open in our old version.\nCould the six of us get the new one this week? Ken")
	s.gets(s.ken, "[#1002]", "an acknowledgement")
	notice := s.gets(s.john, "[#1002] New", "the new ticket")
	s.answers(s.john, notice, "#take\n#sla sev-b\n#tag +software\n#pending\n\nHello Ken, which six computers are these? Their inventory numbers are enough.")
	question := s.gets(s.ken, "Adobe upgrade", "John's question")
	s.holds(1002, func(tk ticket.Ticket) bool { return tk.Status == ticket.Pending }, "pending: the desk waits for Ken")
	s.answers(s.ken, question, "A-101 to A-106.")
	message := s.gets(s.john, "[#1002] Message", "Ken's answer")
	s.holds(1002, func(tk ticket.Ticket) bool { return tk.Status == ticket.Open }, "open: it is the desk's turn again")
	s.answers(s.john, message, "#resolve\n\nInstalled on all six. Please start the program once before the auditors come.")
	s.gets(s.ken, "Adobe upgrade", "the reply that resolves the ticket")
	s.holds(1002, func(tk ticket.Ticket) bool { return tk.Status == ticket.Resolved }, "resolved")
}

// laptopIsDead is the third ticket: transferred, worked on by notes, resolved
// with a reply.
func (s *story) laptopIsDead() {
	s.line.chapter("Ticket 3: the CFO's laptop")
	s.writes(s.chris, "support@bank.example", "CFO's laptop won't turn on",
		"The CFO has a board meeting at two and the laptop stays black.\nChris Brown, office of the CFO")
	s.gets(s.chris, "[#1003]", "an acknowledgement")
	notice := s.gets(s.john, "[#1003] New", "the new ticket")
	s.answers(s.john, notice, "#high\n#sla sev-a\n#dept system-administrators\n#note\n\nBoard meeting at two: please go there in person.")
	moved := s.gets(s.jane, "[#1003] Moved", "the ticket: it is in System Administrators now")
	s.answers(s.jane, moved, "#take\n#reply\n\nI am on my way with a spare one. Jane")
	s.gets(s.chris, "laptop", "Jane's answer")
	s.answers(s.jane, moved, "Battery is dead, disk is fine: put it into the spare machine.")
	s.answers(s.jane, moved, "#resolve\n#reply\n\nThe spare laptop has all files. The old one comes back with a new battery on Friday.")
	s.gets(s.chris, "laptop", "the reply that resolves the ticket")
	s.holds(1003, func(tk ticket.Ticket) bool { return tk.Status == ticket.Resolved && tk.Assignee == "jane" }, "resolved")
	s.answers(s.jane, moved, "#show")
	if thread := s.gets(s.jane, "[#1003] Done", "the whole thread: messages, replies, notes and events", "EVENT by Jane Doe", "NOTE by John Smith"); thread != nil {
		s.line.said(thread.Text)
	}
}

// adminGivesJaneAccess edits the config file and has it reloaded, as SIGHUP
// does.
func (s *story) adminGivesJaneAccess() {
	if s.err != nil {
		return
	}
	s.line.step("The admin gives Jane a role in Support and Online Banking, and reloads the config")
	s.line.said(janesOwnSection + "\n" + janesNewAccess)
	old, err := os.ReadFile(s.path)
	if err == nil {
		err = os.WriteFile(s.path, bytes.Replace(old, []byte(janesAccess), []byte(janesNewAccess), 1), 0o600)
	}
	if err != nil {
		s.err = fmt.Errorf("edit the config: %w", err)
		return
	}
	s.app.reload(s.ctx, s.path)
	if !s.app.desk.Policy().May("jane", ticket.MayReply, "online-banking") {
		s.err = fmt.Errorf("the reloaded config is not in force")
	}
}

// writes has somebody send a new mail.
func (s *story) writes(p *person, to, subject, text string) {
	if s.err != nil {
		return
	}
	s.line.step("%s writes to %s: %s", p.first(), to, subject)
	s.line.said(text)
	s.err = p.write(to, subject, text)
}

// answers has somebody answer a mail.
func (s *story) answers(p *person, m *mime.Message, text string) {
	if s.err != nil {
		return
	}
	s.line.step("%s answers %q:", p.first(), m.Subject)
	s.line.said(text)
	s.err = p.answer(m, text)
}

// gets waits until somebody has the mail, with the words in its text.
func (s *story) gets(p *person, subject, what string, words ...string) *mime.Message {
	if s.err != nil {
		return nil
	}
	m, err := p.await(s.ctx, subject, words...)
	if err != nil {
		s.err = err
		return nil
	}
	s.line.step("%s gets %s", p.first(), what)
	return m
}

// holds checks what the desk knows of a ticket.
func (s *story) holds(n ticket.Number, is func(ticket.Ticket) bool, what string) {
	if s.err != nil {
		return
	}
	c, err := s.app.desk.Show(s.ctx, n)
	switch {
	case err != nil:
		s.err = err
	case !is(c.Ticket):
		s.err = fmt.Errorf("ticket %d should be %s, but it is %+v", n, what, c.Ticket)
	default:
		s.line.step("#%d is %s", n, what)
	}
}

// keepsSecret checks that a customer's mail holds nothing that is not for
// customers.
func (s *story) keepsSecret(m *mime.Message, secrets ...string) {
	if s.err != nil {
		return
	}
	for _, secret := range secrets {
		if strings.Contains(strings.ToLower(m.Text+m.HTML+m.From[0].Address), secret) {
			s.err = fmt.Errorf("the mail %q to a customer contains %q", m.Subject, secret)
		}
	}
}
