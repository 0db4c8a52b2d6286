package mailer

import (
	"strings"
	"testing"
)

// TestOneLine makes what a relay says fit for a line (F37).
func TestOneLine(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"two\r\nlines\tand a tab", "two lines and a tab"},
		{"", "(no text)"},
		{"\x00\x1b[31m", "[31m"},
		{"bad \xff byte", "bad \uFFFD byte"},
		{strings.Repeat("ü", 300), strings.Repeat("ü", 256)},
		{"x" + strings.Repeat("ü", 300), "x" + strings.Repeat("ü", 255)},
	}
	for _, tt := range tests {
		if got := oneLine(tt.in); got != tt.want {
			t.Errorf("oneLine(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
