package mailer

import (
	"strings"
	"testing"
)

func TestFileName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"report.pdf": "report.pdf", "../../etc/passwd": "_.._etc_passwd", "C:\\x.exe": "C__x.exe", "": "file", "...": "file",
		"a\r\nb.txt": "a b.txt", "\u202Efdp.exe": "fdp.exe", strings.Repeat("ä", 300) + ".pdf": strings.Repeat("ä", 116) + ".pdf",
	} {
		if got := fileName(in); got != want {
			t.Errorf("fileName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMediaType(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"image/png": "image/png", "Text/Plain; charset=x": "text/plain", "message/rfc822": "application/octet-stream",
		"multipart/mixed": "application/octet-stream", "": "application/octet-stream", "x": "application/octet-stream",
		"text/plain\r\nBcc: x": "application/octet-stream",
	} {
		if got := mediaType(in); got != want {
			t.Errorf("mediaType(%q) = %q, want %q", in, got, want)
		}
	}
}
