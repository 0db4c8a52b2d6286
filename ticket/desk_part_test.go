package ticket_test

import (
	"strings"
	"testing"
	"time"

	"deskpost/ticket"
)

// TestPartAddress: the address of a part is good for that part, for ten minutes,
// and nobody can make one.
func TestPartAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw := ticket.Sum{1, 2, 3}
	address := w.desk.PartAddress(raw, "1.2")
	if strings.ContainsFunc(address, func(r rune) bool { return r != '-' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') }) {
		t.Errorf("%s does not go into a path as it is", address)
	}
	f, err := w.desk.PartAt(address)
	if err != nil || f.Raw != raw || f.Part != "1.2" {
		t.Fatalf("%s names %+v (%v)", address, f, err)
	}
	fields := strings.Split(address, "-")
	change := func(i int, value string) string {
		changed := append([]string(nil), fields...)
		changed[i] = value
		return strings.Join(changed, "-")
	}
	for _, forged := range []string{"", "-", "---", address + "-", address + "a", address[1:], strings.ToUpper(address),
		change(0, strings.Repeat("0", 64)), change(0, ""), change(1, "1"), change(1, ""), change(2, "zzzzzzz"), change(3, ""), change(3, strings.Repeat("a", 26))} {
		f, err := w.desk.PartAt(forged)
		checkFile(t, false, f.Part == "", err)
	}
	other := &ticket.Desk{Keys: ticket.Keys{{ID: 9, Secret: []byte("another secret of another desk.")}}, Now: w.desk.Now}
	_, err = other.PartAt(address)
	checkFile(t, false, true, err)
	other.Keys = append(w.desk.Keys, other.Keys...) // after a rotation
	if f, err := other.PartAt(address); err != nil || f.Raw != raw {
		t.Errorf("after a rotation it names %+v (%v)", f, err)
	}
	w.now = w.now.Add(10*time.Minute - time.Second)
	if _, err := w.desk.PartAt(address); err != nil {
		t.Errorf("after nearly ten minutes: %v", err)
	}
	w.now = w.now.Add(time.Second)
	_, err = w.desk.PartAt(address)
	checkFile(t, false, true, err)
}
