//go:build failpoint

package failpoint

import (
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	points, err := parse("a=kill@3; b=sleep 2s ;c=error disk on fire%0.5;*=kill%0.01", 1)
	if err != nil {
		t.Fatal(err)
	}
	if p := points["a"]; p.action != "kill" || p.nth != 3 {
		t.Errorf("a: %+v", p)
	}
	if p := points["b"]; p.action != "sleep" || p.sleep != 2*time.Second || !p.strikes() {
		t.Errorf("b: %+v", p)
	}
	if p := points["c"]; p.err.Error() != "disk on fire" || p.chance != 0.5 {
		t.Errorf("c: %+v", p)
	}
	if p := points["*"]; p.chance != 0.01 {
		t.Errorf("*: %+v", p)
	}
	p, err := parsePoint("kill~poison")
	if err != nil || p.means(nil) || p.means([]string{"ham"}) || !p.means([]string{"ham", "a poisoned mail"}) || p.action != "kill" {
		t.Errorf("kill~poison: %+v, %v", p, err)
	}
	for _, bad := range []string{"a", "a=explode", "a=sleep", "a=kill@x"} {
		if _, err := parse(bad, 1); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestStrikesAtTheNthTimeOnly(t *testing.T) {
	p, err := parsePoint("kill@2")
	if err != nil {
		t.Fatal(err)
	}
	if p.strikes() || !p.strikes() || p.strikes() {
		t.Error("it does not strike at the second time alone")
	}
}

func TestClock(t *testing.T) {
	began := time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)
	got := wrong("+48h x30", began, began.Add(time.Second))
	if want := began.Add(48*time.Hour + 30*(time.Second) + 29*48*time.Hour); !got.Equal(want) {
		t.Errorf("got %s", got) // words apply in their order
	}
	if got := wrong("x30 -1h", began, began.Add(time.Second)); !got.Equal(began.Add(30*time.Second - time.Hour)) {
		t.Errorf("got %s", got)
	}
}

func TestClockOfSeveralPrograms(t *testing.T) {
	since := time.Unix(1769900000, 0)
	if got := wrong("x60@1769900000", since.Add(time.Hour), since.Add(time.Second)); !got.Equal(since.Add(time.Minute)) {
		t.Errorf("got %s", got)
	}
}
