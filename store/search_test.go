package store

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"deskpost/store/enginetest"
	"deskpost/ticket"
)

// TestSearchWords is what a text is found by.
func TestSearchWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                "",
		" \t—…!?\"*'":                     "",
		"Re: VPN (again)":                 "re vpn again",
		"Träger-Modul, groß":              "trager modul gross",
		"o'brien@shop.example":            "o brien shop example",
		"发票x問":                            "发 票 x 問",
		"🙂🙁 👍🏽":                           "u1f642 u1f641 u1f44d",
		"a\u200bb\u00adc":                 "abc",
		"\xffa\xfe":                       "a",
		strings.Repeat("x", 300) + " end": strings.Repeat("x", maxWordRunes) + " end",
	} {
		if got := searchWords(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func FuzzSearchWords(f *testing.F) {
	for _, text := range []string{"Printer on fire", "a AND \"b*\"", "发票 🙂 ไม่", "İstanbul ﬁ ẞ", "\xff\x00\u0301", "a\u0345"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		words := searchWords(text)
		if !utf8.ValidString(words) || strings.ContainsAny(words, "\"'*\\\x00&|!()<>:") {
			t.Fatalf("%q has the words %q", text, words)
		}
		if again := searchWords(words); again != words {
			t.Fatalf("%q has the words %q, and those %q", text, words, again)
		}
	})
}

// TestSearchAfterRestore: a backup holds no words, and the desk that is restored
// from it finds what the first one found.
func TestSearchAfterRestore(t *testing.T) {
	t.Parallel()
	from := openEngine(t)
	fillTexts(t, from, 450)
	file := filepath.Join(t.TempDir(), "backup.db")
	if _, err := from.BackUp(t.Context(), file, "test"); err != nil {
		t.Fatal(err)
	}
	backup, err := openBackup(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	var texts int
	if err := backup.write.QueryRow(`SELECT COUNT(*) FROM texts`).Scan(&texts); err != nil || texts != 0 {
		t.Errorf("the backup has %d texts (%v)", texts, err)
	}
	if err := backup.Close(); err != nil {
		t.Fatal(err)
	}
	url := enginetest.URL(t)
	if _, err := Restore(t.Context(), url, file, strings.NewReader(strings.Repeat("k", keyBytes))); err != nil {
		t.Fatal(err)
	}
	to := openURL(t, url)
	for _, phrase := range []string{"common word", "needle 7", "subject 300", "nothing"} {
		want, got := searched(t, from, phrase), searched(t, to, phrase)
		if !slices.Equal(got, want) || (len(want) == 0) != (phrase == "nothing") {
			t.Errorf("%q finds %d tickets, and %d before", phrase, len(got), len(want))
		}
	}
	wantFindings(t, to, 0)
	err = to.Update(t.Context(), func(tx ticket.Tx) error {
		return tx.AddEntry(&ticket.Entry{Ticket: 1, Kind: ticket.Note, At: time.UnixMilli(1), Text: "afterwards"})
	})
	if got := searched(t, to, "afterwards"); err != nil || len(got) != 1 {
		t.Errorf("what came afterwards is found %d times (%v)", len(got), err)
	}
}

// TestVerifySearch: verify finds each way in which the index can be wrong.
func TestVerifySearch(t *testing.T) {
	t.Parallel()
	for name, breaks := range map[string]string{
		"no entry":      `DELETE FROM texts WHERE entry = 3`,
		"no subject":    `DELETE FROM texts WHERE ticket = 2 AND entry = 0`,
		"other words":   `UPDATE texts SET words = 'x' WHERE ticket = 2 AND entry = 0`,
		"other text":    `UPDATE entries SET text = 'x' WHERE id = 3`,
		"other subject": `UPDATE tickets SET subject = 'x' WHERE number = 2`,
		"of no entry":   `INSERT INTO texts (ticket, entry, words) VALUES (2, 4711, 'x')`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openEngine(t)
			fillTexts(t, db, 3)
			wantFindings(t, db, 0)
			if _, err := db.write.Exec(breaks); err != nil {
				t.Fatal(err)
			}
			wantFindings(t, db, 1)
		})
	}
}

// TestVerifyIndexOfSQLite: the engine's own check reads its index of words, too.
func TestVerifyIndexOfSQLite(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	fillTexts(t, db, 3)
	if _, err := db.write.Exec(`DROP TRIGGER texts_change; UPDATE texts SET words = 'x' WHERE ticket = 2`); err != nil {
		t.Fatal(err)
	}
	damaged := 0
	if _, err := db.Audit(t.Context(), Audit{Quick: true, Found: func(f Finding) {
		if f.Code == fileDamaged.Code && strings.Contains(f.Wrong, "texts_index") {
			damaged++
		}
	}}); err != nil || damaged != 1 {
		t.Errorf("%d findings (%v), want 1", damaged, err)
	}
}

// wantFindings demands how often verify finds the index wrong.
func wantFindings(t *testing.T, db *DB, want int) {
	t.Helper()
	var got []Finding
	if _, err := db.Audit(t.Context(), Audit{Quick: true, Found: func(f Finding) {
		if f.Code == searchUntrue.Code {
			got = append(got, f)
		}
	}}); err != nil || len(got) != want {
		t.Errorf("findings %+v (%v), want %d", got, err, want)
	}
}

// fillTexts writes tickets from number 1 on, each with a subject and two entries.
func fillTexts(t testing.TB, db *DB, count int) {
	t.Helper()
	for first := 1; first <= count; first += 1000 {
		err := db.Update(context.Background(), func(tx ticket.Tx) error {
			for n := first; n < min(first+1000, count+1); n++ {
				at := time.UnixMilli(int64(n))
				k := ticket.Ticket{Number: ticket.Number(n), Subject: fmt.Sprintf("Subject %d", n), Status: ticket.Open, Department: "support", OpenedAt: at, UpdatedAt: at}
				if err := tx.Save(&k); err != nil {
					return err
				}
				for i, kind := range []ticket.EntryKind{ticket.Message, ticket.Note} {
					text := fmt.Sprintf("%s\r\nA common word and needle %d.", benchMail()[:600], n*2+i)
					if err := tx.AddEntry(&ticket.Entry{Ticket: k.Number, Kind: kind, At: at, Text: text}); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func searched(t testing.TB, db *DB, phrases ...string) (numbers []ticket.Number) {
	t.Helper()
	err := db.View(context.Background(), func(tx ticket.Tx) error {
		list, err := tx.Find(ticket.Filter{Phrases: phrases, Departments: []string{"support"}, Statuses: []ticket.Status{ticket.Open}})
		for _, k := range list {
			numbers = append(numbers, k.Number)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return numbers
}

// BenchmarkSearchWords takes the words of a mail as most are.
func BenchmarkSearchWords(b *testing.B) {
	text := benchMail()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		searchWords(text)
	}
}

// BenchmarkSearch looks for words in 50,000 tickets with 100,000 entries.
func BenchmarkSearch(b *testing.B) {
	db := openEngine(b)
	fillTexts(b, db, 50_000)
	if _, err := db.write.Exec("ANALYZE"); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		phrases []string
		found   int
	}{
		{"one", []string{"77777"}, 1}, {"phrase", []string{"needle 77777"}, 1}, {"both", []string{"subject 300", "needle 600"}, 1},
		{"none", []string{"nothing"}, 0}, {"every", []string{"common"}, defaultLimit},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if got := len(searched(b, db, c.phrases...)); got != c.found {
					b.Fatalf("%d found, want %d", got, c.found)
				}
			}
		})
	}
}
