package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"deskpost/ticket"
)

var searchTests = map[string]func(*testing.T, ticket.Store){
	"texts are found by their words":            wordsFound,
	"what agents type is words and no operator": hostileWords,
	"a changed subject is found as it is now":   changedSubject,
	"a merged ticket is found by its survivor":  mergedWords,
	"long texts are kept, and searched in part": longTexts,
}

// say saves a ticket with a subject and a thread.
func say(tx ticket.Tx, n ticket.Number, subject string, texts ...string) error {
	if err := newTicket(tx, n); err != nil {
		return err
	}
	tk, err := tx.Ticket(n)
	if err != nil {
		return err
	}
	tk.Subject = subject
	err = tx.Save(tk)
	for i, text := range texts {
		kind := []ticket.EntryKind{ticket.Message, ticket.Reply, ticket.Note}[i%3]
		err = errors.Join(err, tx.AddEntry(&ticket.Entry{Ticket: n, Kind: kind, At: noon(), Text: text}))
	}
	return err
}

// finds demands which tickets say all of some phrases.
func finds(tx ticket.Tx, want []ticket.Number, phrases ...string) error {
	list, err := tx.Find(ticket.Filter{Phrases: phrases})
	if err != nil {
		return fmt.Errorf("find %q: %w", phrases, err)
	}
	var got []ticket.Number
	for _, tk := range list {
		got = append(got, tk.Number)
	}
	slices.Sort(got)
	return same(fmt.Sprintf("tickets that say %q", phrases), got, want)
}

func wordsFound(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(
			say(tx, 1001, "Printer on fire", "It smells.\r\nThe café's TRÄGER-Modul says: error 0x80070057!", "Which printer?", "ask in Bremen"),
			say(tx, 1002, "Re: Rechnung 4711", "Die Überweisung in der Straße 5 ist da. 🙂 Grüße", "user@shop.example wrote"),
			say(tx, 1003, "发票问题", "请问发票什么时候可以寄出？谢谢。", "プリンターが動きません", "ไม่สามารถเข้าสู่ระบบได้"),
			say(tx, 1004, "", "Нам нужен новый ПРИНТЕР", "αυτός ο ΟΔΟΣ", "हिन्दी में लिखा है 프린터가 고장"),
			say(tx, 1005, "fire on printer", "👍🏽 1️⃣ office ﬁle ＦＵＬＬ so\u00adft hy\u200bphen"))
	})
	view(t, s, func(tx ticket.Tx) error {
		var errs []error
		for _, c := range []struct {
			phrases []string
			want    []ticket.Number
		}{
			{[]string{"printer"}, []ticket.Number{1001, 1005}},
			{[]string{"printer on fire"}, []ticket.Number{1001}},
			{[]string{"PRINTER", "fire"}, []ticket.Number{1001, 1005}},
			{[]string{"fire", "bremen"}, []ticket.Number{1001}}, // a subject and a note
			{[]string{"fire", "rechnung"}, nil},
			{[]string{"print"}, nil}, // whole words
			{[]string{"fire it"}, nil},
			{[]string{"cafe"}, []ticket.Number{1001}}, {[]string{"CAFÉ"}, []ticket.Number{1001}}, {[]string{"cafe\u0301"}, []ticket.Number{1001}},
			{[]string{"trager modul"}, []ticket.Number{1001}}, {[]string{"Träger-Modul"}, []ticket.Number{1001}},
			{[]string{"0x80070057"}, []ticket.Number{1001}},
			{[]string{"4711"}, []ticket.Number{1002}},
			{[]string{"strasse"}, []ticket.Number{1002}}, {[]string{"STRAẞE 5"}, []ticket.Number{1002}},
			{[]string{"user@shop.example"}, []ticket.Number{1002}}, {[]string{"shop"}, []ticket.Number{1002}},
			{[]string{"🙂"}, []ticket.Number{1002}}, {[]string{"🙁"}, nil}, {[]string{"👍"}, []ticket.Number{1005}},
			{[]string{"发票"}, []ticket.Number{1003}}, {[]string{"可以寄出"}, []ticket.Number{1003}}, {[]string{"票发"}, nil},
			{[]string{"プリンター"}, []ticket.Number{1003}}, {[]string{"เข้าสู่ระบบ"}, []ticket.Number{1003}},
			{[]string{"принтер"}, []ticket.Number{1004}}, {[]string{"οδος"}, []ticket.Number{1004}}, {[]string{"οδοσ"}, []ticket.Number{1004}},
			{[]string{"हिन्दी"}, []ticket.Number{1004}}, {[]string{"프린터가"}, []ticket.Number{1004}},
			{[]string{"file"}, []ticket.Number{1005}}, {[]string{"full"}, []ticket.Number{1005}}, {[]string{"soft hyphen"}, []ticket.Number{1005}},
		} {
			errs = append(errs, finds(tx, c.want, c.phrases...))
		}
		all := ticket.Filter{Phrases: []string{"printer"}, Statuses: []ticket.Status{ticket.Closed}}
		list, err := tx.Find(all)
		return errors.Join(append(errs, err, same("closed ones", len(list), 0))...)
	})
}

func hostileWords(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(say(tx, 1001, "a and b", "not near, or near to it: 50% of c:d"), say(tx, 1002, "b", "words of the index"))
	})
	view(t, s, func(tx ticket.Tx) error {
		var errs []error
		for phrase, want := range map[string][]ticket.Number{
			"a AND": {1001}, "AND": {1001}, "a AND b": {1001}, "NOT": {1001}, "NEAR": {1001}, "NEAR/2": nil, "OR near": {1001},
			`"`: nil, `""`: nil, "*": nil, "b*": {1001, 1002}, "'": nil, `\`: nil, "%": nil, "50%": {1001}, "_": nil, "-b": {1001, 1002}, "!b": {1001, 1002},
			`b" OR "a`: nil, "b' OR 'a": nil, "b & a": nil, "a | b": nil, "a <-> b": nil, "(a": {1001}, "a)": {1001}, ":": nil, "c:d": {1001}, "words:b": nil,
			"words:": {1002}, "^b": {1001, 1002}, "b:*": {1001, 1002}, "$1": nil, "?1": nil, "@id": nil, "\u0301": nil, "\ufe0f": nil, "\xff": nil, "b\x00": {1001, 1002}, "": nil,
			"'); DROP TABLE texts; --": nil, strings.Repeat("x", 5000): nil, strings.Repeat("b ", 3000): nil,
		} {
			errs = append(errs, finds(tx, want, phrase))
		}
		return errors.Join(append(errs, finds(tx, []ticket.Number{1001, 1002}))...)
	})
}

func changedSubject(t *testing.T, s ticket.Store) {
	update(t, s, func(tx ticket.Tx) error { return say(tx, 1001, "Old name", "text") })
	update(t, s, func(tx ticket.Tx) error {
		if err := tx.Try(func() error { return errors.Join(say(tx, 1001, "Undone name", "undone"), errUndo) }); !errors.Is(err, errUndo) {
			return err
		}
		return say(tx, 1001, "New name")
	})
	view(t, s, func(tx ticket.Tx) error {
		return errors.Join(finds(tx, nil, "old"), finds(tx, nil, "undone"), finds(tx, []ticket.Number{1001}, "new name"), finds(tx, []ticket.Number{1001}, "text"))
	})
}

func mergedWords(t *testing.T, s ticket.Store) {
	merge := func(tx ticket.Tx, n, into ticket.Number) error {
		tk, err := tx.Ticket(n)
		if err != nil {
			return err
		}
		tk.Status, tk.MergedInto = ticket.Merged, into
		return tx.Save(tk)
	}
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(say(tx, 1001, "first", "alpha"), say(tx, 1002, "second", "beta"), say(tx, 1003, "third", "gamma"), say(tx, 1004, "fourth", "alpha"),
			merge(tx, 1003, 1002), merge(tx, 1002, 1001))
	})
	view(t, s, func(tx ticket.Tx) error {
		return errors.Join(finds(tx, []ticket.Number{1001, 1002, 1003}, "gamma"), finds(tx, []ticket.Number{1001}, "alpha", "beta", "third"),
			finds(tx, []ticket.Number{1001, 1004}, "alpha"))
	})
}

func longTexts(t *testing.T, s ticket.Store) {
	var many strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&many, "w%d ", i)
	}
	update(t, s, func(tx ticket.Tx) error {
		return errors.Join(say(tx, 1001, "many", many.String()), say(tx, 1002, "one", strings.Repeat("é", 3<<20)), say(tx, 1003, "han", strings.Repeat("发票", 200_000)))
	})
	view(t, s, func(tx ticket.Tx) error {
		return errors.Join(finds(tx, []ticket.Number{1001}, "w10 w11"), finds(tx, []ticket.Number{1001}, "w15998 w15999"), finds(tx, nil, "w16000"),
			finds(tx, []ticket.Number{1003}, "票发票"), finds(tx, []ticket.Number{1002}, strings.Repeat("e", 100)))
	})
}
