package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// badPage has everything that no page of the desk may have.
const badPage = `<!DOCTYPE html><html><head><title>bad</title>
<style>
p { color: #999; background: #fff; width: 500px }
div { transition: all 1s }
button { outline: none }
</style></head><body>
<p>pale and wide</p><div>moves</div><input><button>unseen focus</button><span onclick="1" style="cursor: pointer">not reached</span>
<img src="%[1]s/picture.png"><iframe sandbox="allow-scripts" srcdoc="<img src='%[1]s/framed.png'>"></iframe><form action="/"><select></select></form>
<script>document.title = "a script ran"; window.open("/window"); alert("hello")</script>
</body></html>`

// TestTheTestsSee what they look for, where it is: a check that finds nothing on
// this page would find nothing on any.
func TestTheTestsSee(t *testing.T) {
	needChromium(t)
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, badPage, other.URL)
	}))
	defer bad.Close()

	b := newTab(t, bad.URL, telephone)
	b.open("/")
	seen := strings.Join(b.watch.take(), "\n")
	for _, want := range []string{"asked for " + other.URL + "/picture.png", "asked for " + other.URL + "/framed.png", "ran a script of " + bad.URL, `opened the dialog "hello"`, "opened a window"} {
		if !strings.Contains(seen, want) {
			t.Errorf("not seen: %s; only\n%s", want, seen)
		}
	}
	faults := strings.Join(b.axe("{}"), "\n")
	for _, want := range []string{"color-contrast", "label", "html-has-lang", "image-alt", "landmark-one-main"} {
		if !strings.Contains(faults, want+": ") {
			t.Errorf("axe-core does not see %s; only\n%s", want, faults)
		}
	}
	if len(b.tooWide()) == 0 {
		t.Error("a page that is too wide is not seen")
	}
	if len(b.moving()) == 0 {
		t.Error("what moves is not seen")
	}
	if stops := b.walk(); len(stops.unseen) == 0 {
		t.Errorf("a focus that does not show is not seen: %+v", stops)
	}
	var title string
	b.use(device{width: 390, height: 844, scriptless: true})
	b.open("/")
	b.run(chromedp.Title(&title))
	if title != "bad" {
		t.Errorf("without scripts the title is %q", title)
	}
	b.watch.take()
}
