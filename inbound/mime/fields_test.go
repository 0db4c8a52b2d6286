package mime

import (
	"slices"
	"strings"
	"testing"
)

func TestDecodeWords(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain":                                "plain",
		"=?utf-8?Q?a_b?=":                      "a b",
		"=?UTF-8?B?w6Q?=":                      "ä", // padding missing
		"=?utf-8?B?w6Q=?= =?utf-8?B?w7Y=?=":    "äö",
		"=?utf-8?Q?=C3?=\t=?utf-8?Q?=A4?=":     "ä", // one character in two words
		"=?utf-8?Q?=C3?= =?utf-8?B?pA==?=":     "ä",
		"a =?utf-8?Q?b?= c":                    "a b c",
		"\"=?utf-8?Q?b?=\"":                    "\"b\"",
		"=?utf-8*en?Q?b?=":                     "b",
		"=?utf-8?Q?two words?=":                "two words",
		"=?utf-8?Q?cut":                        "cut",
		"=?nonsense?Q?=E4?=":                   "ä",
		"=?cp932?B?k/qWew==?=":                 "日本",
		"=?ks_c_5601-1987?B?x9GxuQ==?=":        "한국",
		"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=":   "日本",
		"=?unicode-1-1-utf-7?Q?+AOQ-?=":        "ä",
		"=?utf8mb4?Q?=F0=9F=98=80?=":           "😀",
		"=?gb2312?B?1tDOxA==?=":                "中文",
		"raw \xe4 latin":                       "raw ä latin",
		"raw ä utf-8":                          "raw ä utf-8",
		"=?utf-8?X?a?=":                        "=?utf-8?X?a?=",
		"=?utf-8?Q?a=00=0D=0ABcc:_x?= \x01end": "a  Bcc: x  end",
	} {
		if got := DecodeWords(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestParseAddresses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]Address{
		"":                                   nil,
		"a@b":                                {{"", "a@b"}},
		"Ann <a@b>, Bob <c@d>":               {{"Ann", "a@b"}, {"Bob", "c@d"}},
		"Doe, Ann <a@b>, Bob <c@d>":          {{"Doe, Ann", "a@b"}, {"Bob", "c@d"}},
		`"Doe, Ann" <a@b>`:                   {{"Doe, Ann", "a@b"}},
		"a@b; c@d":                           {{"", "a@b"}, {"", "c@d"}},
		"a@b (Ann (the one))":                {{"Ann (the one)", "a@b"}},
		"Team: a@b, Bob <c@d>;":              {{"", "a@b"}, {"Bob", "c@d"}},
		"undisclosed-recipients:;":           nil,
		"=?utf-8?Q?M=C3=BCller=2C_A?= <a@b>": {{"Müller, A", "a@b"}},
		"=?utf-8?Q?x_(y)?= <a@b>":            {{"x (y)", "a@b"}},
		"=?utf-8?Q?Ann_<a=40b>?=":            {{"Ann", "a@b"}},
		"M\xfcller <a@b>":                    {{"Müller", "a@b"}},
		"x@y.z <a@b>":                        {{"x@y.z", "a@b"}},
		"<<a@b>>":                            {{"", "a@b"}},
		"Ann <mailto:a@b>":                   {{"Ann", "a@b"}},
		"Ann <a@b":                           {{"Ann", "a@b"}},
		"Ann <a@b> <c@d>":                    {{"Ann", "a@b"}, {"", "c@d"}},
		"<@relay,@other:a@b>":                {{"", "a@b"}},
		`"john doe"@b`:                       {{"", `"john doe"@b`}},
		"MAILER-DAEMON":                      {{"", "MAILER-DAEMON"}},
		"Ann Example":                        {{"Ann Example", ""}},
		`"open quote <a@b>`:                  {{"open quote", "a@b"}},
		"open (comment <a@b>":                {{"open (comment", "a@b"}},
		"'Ann' <a@b>":                        {{"Ann", "a@b"}},
		"Ann\r\n <a@b>\x00":                  {{"Ann", "a@b"}},
	} {
		if got := ParseAddresses(in, 10); !slices.Equal(got, want) {
			t.Errorf("%q: %+v, want %+v", in, got, want)
		}
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`x; name=a.txt`:                      "a.txt",
		`x; name="a;b.txt"`:                  "a;b.txt",
		`x; name=a b.txt; y=z`:               "a b.txt",
		`x; NAME = "a"`:                      "a",
		`x; name="C:\temp\a.txt"`:            `C:\temp\a.txt`,
		`x; name="=?utf-8?Q?=C3=A4?="`:       "ä",
		`x; name*=utf-8''%C3%A4`:             "ä",
		`x; name*0=a; name*1=b`:              "ab",
		`x; name*1*=%A4; name*0*=utf-8''%C3`: "ä", // a character in two segments, out of order
		`x; name=plain; name*=utf-8''%C3%A4`: "ä",
		`x; name=first; name=second`:         "first",
		`x;; name=a`:                         "a",
		`x; name*=%41`:                       "A",
		"x; name=\xe4":                       "ä",
		`x; name="open`:                      "open",
		`x; name*bad=a`:                      "",
	} {
		_, params := parameters(in, DefaultLimits(), &problems{})
		if got := params["name"]; got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestSafeName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 300) + ".pdf"
	for in, want := range map[string]string{
		"a.txt":            "a.txt",
		"../../etc/passwd": "passwd",
		`C:\temp\a.txt`:    "a.txt",
		"..":               "",
		"cod\u202efdp.exe": "codfdp.exe",
		"a\nb":             "ab",
		long:               strings.Repeat("ä", 125) + ".pdf",
	} {
		if got := SafeName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Tue, 3 Mar 2026 10:00:00 +0100":      "2026-03-03T09:00:00Z",
		"Di, 3 Mar 2026 10:00:00 +0100":       "2026-03-03T09:00:00Z",
		"Tue,  3 Mar 2026 10:00:00 +0100 (X)": "2026-03-03T09:00:00Z",
		"3 Mar 2026 10:00:00 -0000":           "2026-03-03T10:00:00Z",
		"Tue Mar 3 10:00:00 2026":             "2026-03-03T10:00:00Z",
		"2026-03-03 10:00:00":                 "2026-03-03T10:00:00Z",
		"yesterday":                           "0001-01-01T00:00:00Z",
		strings.Repeat("(", 10_000):           "0001-01-01T00:00:00Z",
	} {
		if got := parseDate(in).UTC().Format("2006-01-02T15:04:05Z"); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestHTMLText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"<p>a</p><p>b</p>":                                     "a\n\nb",
		"<div>a</div><div>b<br>c</div>":                        "a\nb\nc",
		"a <b>bold</b>  word":                                  "a bold word",
		"#close<br>done":                                       "#close\ndone",
		"<ul><li>a<li>b<ul><li>c</ul></ul>":                    "- a\n- b\n  - c",
		"<ol><li>a</li><li>b</li></ol>":                        "1. a\n2. b",
		"<table><tr><td>a<td>b<tr><td>c<td>d</table>":          "a\tb\nc\td",
		`<a href="https://x.example/y">see</a> it`:             "see <https://x.example/y> it",
		`<a href="https://x.example/">x.example</a>`:           "x.example",
		`<a href="mailto:a@b">a@b</a>`:                         "a@b",
		`<a href="javascript:x()">click</a>`:                   "click",
		"x<blockquote>q<br>r</blockquote>y":                    "x\n\n> q\n> r\n\ny",
		"<pre>a\n  b</pre>":                                    "a\n  b",
		"<style>p{}</style><script>x</script><title>t</title>": "",
		"a&nbsp;b &lt;c&gt;":                                   "a b <c>",
		"<p>one<p>two":                                         "one\n\ntwo",
		"a<o:p></o:p>b":                                        "ab",
		"open <a href=\"":                                      "open",
	} {
		if got := HTMLText(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestUnflow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in    string
		delSp bool
		want  string
	}{
		{"a \nb\n", false, "a b\n"},
		{"a \nb\n", true, "ab\n"},
		{"> a \n> b\nc\n", false, "> a b\nc\n"},
		{"> a \nb\n", false, "> a \nb\n"}, // depths differ: not one paragraph
		{"-- \nsig\n", false, "-- \nsig\n"},
		{" >no quote\n", false, ">no quote\n"},
	} {
		if got := unflow(test.in, test.delSp); got != test.want {
			t.Errorf("%q: %q, want %q", test.in, got, test.want)
		}
	}
}
