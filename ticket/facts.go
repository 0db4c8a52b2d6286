package ticket

import (
	"fmt"
	"slices"
	"strings"
)

// attachable are the files that a notice carries along, so that an agent who
// only has a mail program can open them, pasted screenshots included: as many
// as a mail can hold. The remarks name every one.
func attachable(files []File) []File {
	var out []File
	room := int64(attachedBytes)
	for _, f := range files {
		if f.Size <= room {
			out = append(out, f)
			room -= f.Size
		}
	}
	return out
}

// facts are what every notice about a ticket may say of it.
func (t *turn) facts(tk *Ticket) Facts {
	dept := t.policy.Departments[tk.Department]
	f := Facts{
		Number: tk.Number, Subject: tk.Subject, Department: t.policy.PathName(tk.Department), Signature: dept.Signature,
		Assignee: t.policy.AssignedTo(tk), Status: t.policy.StateName(tk.State()), Priority: tk.Priority, Plan: t.policy.Plans[tk.Plan].Name,
		Requester: tk.Requester.String(), Tags: strings.Join(tk.Tags, ", "), Fields: t.policy.fieldLines(tk),
		Reference: t.keys.signing().reference(tk.Number), Zone: t.policy.Zone.String(), At: t.now,
	}
	return f
}

// authorOf names the author of an entry to agents.
func authorOf(p *Policy, e *Entry) string {
	switch {
	case e.Kind != Message && e.By.Kind != ByCustomer:
		return p.actorName(e.By)
	case e.From.Email == "":
		return "unknown sender"
	case e.From.Name == "":
		return e.From.Email
	}
	return fmt.Sprintf("%s <%s>", e.From.Name, e.From.Email)
}

// badge says what is known of the sender of an entry.
func badge(e *Entry) string {
	if e.Kind != Message || e.By.Kind != ByCustomer {
		return "" // who took the words down for the sender is in the remarks
	}
	switch e.Authenticity {
	case Proven:
		return "verified sender"
	case Forged:
		return "FORGED sender: do not believe the address"
	}
	return "unverified sender"
}

// remarks are what an agent should know of an entry beside its text.
func remarks(e *Entry) []string {
	var lines []string
	sent := attachable(e.Files)
	for _, f := range e.Files {
		line := fmt.Sprintf("attached: %s (%s)", f.Name, ByteCount(f.Size))
		if !slices.Contains(sent, f) {
			line += ", too large to be sent along"
		}
		lines = append(lines, line)
	}
	if e.Machine != Human {
		lines = append(lines, "written by a program ("+string(e.Machine)+")")
	}
	return append(lines, e.Remarks...)
}

// ByteCount writes a size the way people do, in units of 1024 bytes.
func ByteCount(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.0f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
