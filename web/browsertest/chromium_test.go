package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// A chromium is the browser that all tests share. It starts with the first tab.
type chromium struct {
	profile string
	start   func() error
	ctx     context.Context
	cancel  context.CancelFunc

	mu  sync.Mutex
	cmd *exec.Cmd
	log func(string, ...any) // of the test that runs
}

func newChromium(profile string) *chromium {
	c := &chromium{profile: profile}
	c.start = sync.OnceValue(c.run)
	return c
}

// needChromium skips a test where there is none, which CI must not do.
func needChromium(t *testing.T) {
	t.Helper()
	_, err := exec.LookPath("chromium")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatalf("this test needs Chromium: %v", err)
	case err != nil:
		t.Skipf("this test needs Chromium, as by apt-get install chromium: %v", err)
	}
}

func (c *chromium) run() error {
	program, err := exec.LookPath("chromium")
	if err != nil {
		return err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.UserDataDir(c.profile),
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		// What a sandboxed frame does is seen with its page's, not in a process of its own.
		chromedp.Flag("disable-features", "site-per-process,Translate,BlinkGenPropertyTrees,IsolateSandboxedIframes"),
		// What a page should ask for after all is seen, and goes nowhere.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) {
			// Debian's chromium is a script; what it starts is ended with its whole group.
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
			c.mu.Lock()
			defer c.mu.Unlock()
			c.cmd = cmd
		}),
	)
	if os.Geteuid() == 0 {
		// CI is root, as whom Chromium refuses to start its sandbox. What these tests
		// open is served by this machine alone.
		options = append(options, chromedp.NoSandbox)
	}
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(allocator, chromedp.WithErrorf(c.logf), chromedp.WithLogf(c.logf))
	c.ctx, c.cancel = ctx, func() { end(); endAllocator() }
	return chromedp.Run(ctx)
}

// newWindow opens a window in a profile of its own, so that it shares no cookies.
// chromedp's WithNewBrowserContext would open a tab, for which Chromium wants a
// window first.
func (c *chromium) newWindow() (profile cdp.BrowserContextID, id target.ID, err error) {
	browser := cdp.WithExecutor(c.ctx, chromedp.FromContext(c.ctx).Browser)
	if profile, err = target.CreateBrowserContext().WithDisposeOnDetach(true).Do(browser); err != nil {
		return "", "", fmt.Errorf("make a profile: %w", err)
	}
	id, err = target.CreateTarget("about:blank").WithBrowserContextID(profile).WithNewWindow(true).Do(browser)
	if err != nil {
		return "", "", fmt.Errorf("open a window: %w", err)
	}
	return profile, id, nil
}

// logf takes what the driver says: also of messages that a newer Chromium sends
// and it does not know, so it fails no test.
func (c *chromium) logf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.log != nil {
		c.log("browser: "+format, args...)
	}
}

// logTo has the driver speak in the log of a test while that runs.
func (c *chromium) logTo(t *testing.T) {
	set := func(log func(string, ...any)) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.log = log
	}
	set(t.Logf)
	t.Cleanup(func() { set(nil) })
}

// close ends the browser and whatever it has started.
func (c *chromium) close() {
	if c.cancel == nil {
		return
	}
	c.cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd != nil && c.cmd.Process != nil {
		_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL) // nobody is left, as a rule
	}
}
