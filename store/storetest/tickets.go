package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"deskpost/ticket"
)

var ticketTests = map[string]func(*testing.T, ticket.Store){
	"a ticket is read back":               ticketReadBack,
	"what nobody has is not found":        nothingFound,
	"tickets are found, the latest first": find,
	"participants keep their first role":  participants,
	"contacts are remembered":             contacts,
	"drafts are kept and ended":           drafts,
}

func ticketReadBack(t *testing.T, s ticket.Store) {
	k := &ticket.Ticket{
		Number: 1002, Subject: "Grüße 🖨️ 'quoted'", Status: ticket.Pending, Priority: "high", Department: "sales",
		Assignee: "jane", Plan: "gold", PlanPinned: true, Requester: ticket.Address{Name: "Ann", Email: "Ann@Example.com"},
		Tags: []string{"b%", "vip"}, FollowUp: noon().Add(time.Hour), MergedInto: 1001, OpenedAt: noon(), Substatus: "vendor", Team: "network",
		Fields: map[string]string{"customer-no": "17"}, Snoozed: noon().Add(2 * time.Hour), Due: noon().Add(3 * time.Hour), Spent: 25 * time.Minute,
		SpokenAt: noon().Add(4 * time.Hour), Deadline: noon().Add(5 * time.Hour), NextAt: noon().Add(6 * time.Hour),
		UpdatedAt: noon().Add(time.Millisecond), ResolvedAt: noon().Add(2 * time.Millisecond), ClosedAt: noon().Add(time.Minute),
		StatusAt: noon().Add(3 * time.Minute), RemindedAt: noon().Add(4 * time.Minute), Reminders: 2,
	}
	bare := &ticket.Ticket{Number: 1003}
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(newTicket(tx, 1001), newTicket(tx, 1002), tx.Save(k), tx.Save(bare))
	})
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.Ticket(1002)
		if err := errors.Join(err, same("ticket", got, k)); err != nil {
			return err
		}
		got, err = tx.Ticket(1003)
		return errors.Join(err, same("bare ticket", got, bare))
	})
}

func nothingFound(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		_, noTicket := tx.Ticket(1001)
		_, noContact := tx.Contact("nobody@example.com")
		_, noEntry := tx.Entry(1)
		_, noDraft := tx.Draft(1)
		_, noNotice := tx.Notice(1)
		_, noKey := tx.Deduped("key")
		_, emptyKey := tx.Deduped("")
		entries, err1 := tx.Entries(1001)
		events, err2 := tx.Events(1001)
		notices, err3 := tx.Notices(1001)
		people, err4 := tx.Participants(1001)
		return errors.Join(absent("Ticket", noTicket), absent("Contact", noContact), absent("Entry", noEntry),
			absent("Draft", noDraft), absent("EndDraft", tx.EndDraft(1, noon())), absent("Notice", noNotice),
			absent("Deduped", noKey), absent("Deduped without a key", emptyKey),
			absent("Amend", tx.Amend(1, ticket.Facts{})), absent("SaveDelivery", tx.SaveDelivery(ticket.Notice{ID: 1})),
			err1, err2, err3, err4, same("lists", len(entries)+len(events)+len(notices)+len(people), 0))
	})
}

func find(t *testing.T, s ticket.Store) {
	at := func(minutes int) time.Time { return noon().Add(time.Duration(minutes) * time.Minute) }
	update(t, s, func(tx ticket.Tx) error {
		for _, k := range []ticket.Ticket{
			{Number: 1, Status: ticket.New, Department: "support", Priority: "low", UpdatedAt: at(5), Deadline: at(40), Tags: []string{"vip"},
				Requester: ticket.Address{Email: "Ann@example.com"}},
			{Number: 2, Status: ticket.Open, Department: "support", Priority: "high", Assignee: "jane", UpdatedAt: at(9), Plan: "gold"},
			{Number: 3, Status: ticket.Pending, Department: "sales", Assignee: "joe", Team: "network", UpdatedAt: at(7), NextAt: at(60), Snoozed: at(60)},
			{Number: 4, Status: ticket.Pending, Department: "sales", Team: "routers", UpdatedAt: at(8), NextAt: at(61), Deadline: at(30), Tags: []string{"vip", "x"}},
			{Number: 5, Status: ticket.Closed, Department: "sales", Assignee: "jane", UpdatedAt: at(9), Tags: []string{"vi"}},
		} {
			if err := tx.Save(&k); err != nil {
				return err
			}
		}
		k, err := tx.Ticket(4) // a tag that is taken off is not found any more
		if err != nil {
			return err
		}
		k.Tags = []string{"vip"}
		return tx.Save(k)
	})
	view(t, s, func(tx ticket.Tx) error {
		for i, c := range []struct {
			filter ticket.Filter
			want   []ticket.Number
		}{
			{ticket.Filter{}, []ticket.Number{5, 2, 4, 3, 1}},
			{ticket.Filter{Limit: 2}, []ticket.Number{5, 2}},
			{ticket.Filter{Statuses: []ticket.Status{ticket.New, ticket.Open}}, []ticket.Number{2, 1}},
			{ticket.Filter{Departments: []string{"sales"}, Statuses: []ticket.Status{ticket.Pending}}, []ticket.Number{4, 3}},
			{ticket.Filter{Departments: []string{"sales", "support"}, Limit: 1}, []ticket.Number{5}},
			{ticket.Filter{Assignee: "jane"}, []ticket.Number{5, 2}},
			{ticket.Filter{Assignee: "-"}, []ticket.Number{4, 1}},
			{ticket.Filter{Teams: []string{"network"}}, []ticket.Number{3}},
			{ticket.Filter{Teams: []string{"network", "routers"}}, []ticket.Number{4, 3}},
			{ticket.Filter{Teams: []string{"network", "routers"}, Assignee: "-"}, []ticket.Number{4}},
			{ticket.Filter{Priority: "high"}, []ticket.Number{2}},
			{ticket.Filter{Plan: "gold"}, []ticket.Number{2}},
			{ticket.Filter{Tag: "vip"}, []ticket.Number{4, 1}},
			{ticket.Filter{Tag: "x"}, nil},
			{ticket.Filter{Tag: "vip", Departments: []string{"sales"}}, []ticket.Number{4}},
			{ticket.Filter{Requester: "ann@example.com"}, []ticket.Number{1}},
			{ticket.Filter{DueBy: at(29)}, nil},
			{ticket.Filter{DueBy: at(40)}, []ticket.Number{4, 1}},
			{ticket.Filter{DueBy: at(40), Statuses: []ticket.Status{ticket.New}, Departments: []string{"support", "sales"}}, []ticket.Number{1}},
			{ticket.Filter{NextBy: at(59)}, nil},
			{ticket.Filter{NextBy: at(60)}, []ticket.Number{3}},
			{ticket.Filter{NextBy: at(90)}, []ticket.Number{3, 4}},
			{ticket.Filter{NextBy: at(90), Behind: ticket.Due{At: at(60), Number: 2}}, []ticket.Number{3, 4}},
			{ticket.Filter{NextBy: at(90), Behind: ticket.Due{At: at(60), Number: 3}}, []ticket.Number{4}},
			{ticket.Filter{NextBy: at(90), Behind: ticket.Due{At: at(61)}}, []ticket.Number{4}},
			{ticket.Filter{NextBy: at(60), Behind: ticket.Due{At: at(60), Number: 3}}, nil},
			{ticket.Filter{Awake: at(59), Departments: []string{"sales"}}, []ticket.Number{5, 4}},
			{ticket.Filter{Awake: at(60), Departments: []string{"sales"}}, []ticket.Number{5, 4, 3}},
			{ticket.Filter{Asleep: at(59)}, []ticket.Number{3}},
			{ticket.Filter{Asleep: at(60)}, nil},
			{ticket.Filter{Departments: []string{"%"}}, nil},
		} {
			found, err := tx.Find(c.filter)
			var got []ticket.Number
			for _, k := range found {
				got = append(got, k.Number)
			}
			if err := errors.Join(err, same(fmt.Sprintf("filter %d %+v", i, c.filter), got, c.want)); err != nil {
				t.Error(err)
			}
		}
		return nil
	})
	update(t, s, func(tx ticket.Tx) error {
		for n := range ticket.Number(60) {
			if err := newTicket(tx, 2000+n); err != nil {
				return err
			}
		}
		found, err := tx.Find(ticket.Filter{})
		return errors.Join(err, same("without a limit", len(found), 50))
	})
}

func participants(t *testing.T, s ticket.Store) {
	ann := ticket.Participant{Ticket: 1001, Address: ticket.Address{Name: "Ann", Email: "Ann@example.com"},
		Role: ticket.RoleRequester, Since: noon()}
	bob := ticket.Participant{Ticket: 1001, Address: ticket.Address{Email: "bob@example.com"},
		Role: ticket.RoleCollaborator, Since: noon(), Reader: ticket.Reader{Language: "fr", Offset: "-0500"}}
	update(t, s, func(tx ticket.Tx) error {
		twice := ann
		twice.Role, twice.Address.Email = ticket.RoleCollaborator, "ann@EXAMPLE.com"
		return errors.Join(newTicket(tx, 1001), newTicket(tx, 1002), tx.AddParticipant(ann), tx.AddParticipant(bob),
			tx.AddParticipant(twice), tx.AddParticipant(ticket.Participant{Ticket: 1002, Address: bob.Address, Role: bob.Role}))
	})
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.Participants(1001)
		return errors.Join(err, same("participants", got, []ticket.Participant{ann, bob}))
	})
}

func contacts(t *testing.T, s ticket.Store) {
	c := ticket.Contact{Address: "ann@example.com", AnsweredAt: noon(), BurstFrom: noon(), BurstTickets: 3}
	update(t, s, func(tx ticket.Tx) error {
		if err := tx.SaveContact(c); err != nil {
			return err
		}
		c.FailedAt = noon().Add(time.Hour)
		return tx.SaveContact(c)
	})
	view(t, s, func(tx ticket.Tx) error {
		got, err := tx.Contact("ann@example.com")
		return errors.Join(err, same("contact", got, c))
	})
}

func drafts(t *testing.T, s ticket.Store) {
	d := ticket.Draft{Ticket: 1001, Agent: "jane", Kind: ticket.Reply, Text: "hello\n#clse", At: noon(),
		Until: noon().Add(7 * 24 * time.Hour), Files: []ticket.File{{Name: "a.txt", Type: "text/plain", Size: 3, Part: "2"}}}
	bare := ticket.Draft{Agent: "jane"}
	update(t, s, func(tx ticket.Tx) error {
		r := mail("box", 1, 1, "hello")
		if err := errors.Join(newTicket(tx, 1001), take(tx, ticket.Fresh, r)); err != nil {
			return err
		}
		d.Receipt = r.ID
		return errors.Join(tx.AddDraft(&d), tx.AddDraft(&bare))
	})
	if d.ID == 0 || d.ID == bare.ID || d.Files[0].ID == 0 {
		t.Fatalf("drafts have IDs %d and %d, the file %d", d.ID, bare.ID, d.Files[0].ID)
	}
	update(t, s, func(tx ticket.Tx) error {
		got, err := tx.Draft(d.ID)
		if err := errors.Join(err, same("draft", got, d), tx.EndDraft(d.ID, noon())); err != nil {
			return err
		}
		got, err = tx.Draft(d.ID)
		return errors.Join(err, same("done at", got.DoneAt, noon()))
	})
}
