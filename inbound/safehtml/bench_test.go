package safehtml

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"deskpost/inbound/mime"
)

// BenchmarkClean is a newsletter as its kind is: tables in tables, a style on
// each cell, and more markup than words.
func BenchmarkClean(b *testing.B) {
	var letter strings.Builder
	letter.WriteString(`<html><head><style>td{color:red}</style></head><body style="margin:0;background-color:#f4f4f4"><table width="100%"><tr><td align="center">`)
	for i := range 500 {
		fmt.Fprintf(&letter, `<table width="600" cellpadding="0" cellspacing="0" style="border-collapse:collapse;background:#ffffff;font-family:'Segoe UI',Arial,sans-serif"><tr>
<td style="padding:12px 24px;font-size:14px;line-height:1.5;color:#333333;mso-line-height-rule:exactly"><a href="https://shop.example/offer/%d?id=0123456789abcdef&amp;campaign=spring" style="color:#0b57a4;text-decoration:none"><img src="https://cdn.shop.example/%d.png" width="120" height="80" alt="Offer %d" style="display:block;border:0"></a>
<p style="margin:0 0 12px">This is offer %d of many, and some words on it that somebody might want to read.</p></td></tr></table>`, i, i, i, i)
	}
	letter.WriteString(`</td></tr></table></body></html>`)
	b.SetBytes(int64(letter.Len()))
	for b.Loop() {
		clean(b, letter.String(), true)
	}
}

// BenchmarkCorpus is the HTML of the mails of the corpus.
func BenchmarkCorpus(b *testing.B) {
	var bodies []string
	total := 0
	for _, raw := range corpus(b, "open", ".eml") {
		if m := mime.Read(strings.NewReader(raw), mime.DefaultLimits()); m.HTML != "" {
			bodies = append(bodies, m.HTML)
			total += len(m.HTML)
		}
	}
	if total == 0 {
		b.Skipf("no mail in %s has HTML", os.Getenv("DESKPOST_SHARED"))
	}
	b.ReportMetric(float64(len(bodies)), "mails")
	b.SetBytes(int64(total))
	for b.Loop() {
		for _, body := range bodies {
			clean(b, body, true)
		}
	}
}
