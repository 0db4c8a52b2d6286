package browsertest

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/debugger"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// A watch notes what no page of the desk may do, whatever is shown on it: ask
// another host for something, run a script that is not the desk's own, open a dialog
// or a window.
type watch struct {
	mu   sync.Mutex
	seen []string
}

func (w *watch) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, fmt.Sprintf(format, args...))
}

// take gives what was noted, and forgets it.
func (w *watch) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen
}

// over begins to watch the tab of a context. What belongs to the page begins with
// its origin.
func (w *watch) over(ctx context.Context, origin string) error {
	own := func(url string) bool { // the icon in a field for dates is Chromium's own
		return url == "about:blank" || url == origin || strings.HasPrefix(url, origin+"/") || strings.HasPrefix(url, "data:image/svg+xml;base64,")
	}
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			if !own(e.Request.URL) {
				w.note("asked for %s", e.Request.URL)
			}
		case *network.EventWebSocketCreated:
			w.note("opened a socket to %s", e.URL)
		case *debugger.EventScriptParsed:
			// What the tests themselves evaluate has no address; what stands in a page has that of the page.
			if e.URL != "" && !strings.HasPrefix(e.URL, origin+"/static/") {
				w.note("ran a script of %s", e.URL)
			}
		case *page.EventJavascriptDialogOpening:
			w.note("opened the dialog %q", e.Message)
			// A listener must not wait for the browser, which waits for the listener.
			go func() { _ = chromedp.Run(ctx, page.HandleJavaScriptDialog(false)) }()
		}
	})
	chromedp.ListenBrowser(ctx, func(event any) {
		if e, ok := event.(*target.EventTargetCreated); ok && e.TargetInfo.OpenerID != "" {
			w.note("opened a window for %s", e.TargetInfo.URL)
		}
	})
	return chromedp.Run(ctx, network.Enable(), page.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := debugger.Enable().Do(ctx)
		return err
	}))
}
