package browsertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// patience is how long a person waits for a mail or a page.
const patience = 30 * time.Second

// What all tests share: the program is built once, and there is one Chromium with
// a profile for each tab.
var shared struct {
	dir     string
	program func() (string, error)
	browser *chromium
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "deskpost-browser-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "make a folder for the tests:", err)
		os.Exit(1)
	}
	shared.dir = dir
	shared.program = sync.OnceValues(build)
	shared.browser = newChromium(filepath.Join(dir, "chromium"))
	code := m.Run()
	shared.browser.close()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, "remove what the tests left behind:", err)
		code = 1
	}
	os.Exit(code)
}

// build makes the program that is tested.
func build() (string, error) {
	program := filepath.Join(shared.dir, "deskpost")
	cmd := exec.Command("go", "build", "-o", program, "./cmd/deskpost")
	cmd.Dir = filepath.Join("..", "..")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return program, nil
}

// artifact is where a file for people to look at belongs: in
// $DESKPOST_ARTIFACTS, or else in a folder that goes with the test.
func artifact(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("DESKPOST_ARTIFACTS")
	if dir == "" {
		return filepath.Join(t.TempDir(), name)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name)
}
