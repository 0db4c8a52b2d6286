package trim

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// TestQuotes has one reply for each way a client marks the mail it answers.
// What stands under the marks is always the same.
func TestQuotes(t *testing.T) {
	t.Parallel()
	const below = "\n> Hello,\n> what is up?\n>\n> Bob\n"
	const unquoted = "\n\nHello,\nwhat is up?\n\nBob\n"
	for name, mark := range map[string]string{
		"gmail":              "On Tue, Mar 3, 2026 at 10:00 AM Bob Example <bob@example.com> wrote:\n" + below,
		"gmail wrapped":      "On Tue, Mar 3, 2026 at 10:00 AM Bob Example with a long name\n<bob@example.com> wrote:\n" + below,
		"gmail iso":          "2026-03-03 10:00 GMT+01:00 Bob Example <bob@example.com>:\n" + below,
		"thunderbird":        "On 03/03/2026 10:00, Bob wrote:" + below,
		"mutt":               "Bob <bob@example.com> wrote:" + below,
		"german":             "Am 3. März 2026 um 10:00 schrieb Bob <bob@example.com>:" + below,
		"german wrapped":     "Am 03.03.2026 10:00 schrieb \"Bob Example\" <a-long-name@example.com\n>:" + below,
		"french":             "Le mar. 3 mars 2026 à 10:00, Bob <bob@example.com> a\nécrit :" + below,
		"spanish":            "El mar, 3 mar 2026 a las 10:00, Bob (<bob@example.com>) escribió:" + below,
		"italian":            "Il giorno mar 3 mar 2026 alle ore 10:00 Bob <bob@example.com> ha scritto:" + below,
		"dutch":              "Op di 3 mrt 2026 om 10:00 schreef Bob <bob@example.com>:" + below,
		"portuguese":         "Em ter., 3 de mar. de 2026 às 10:00, Bob <bob@example.com> escreveu:" + below,
		"swedish":            "Den tis 3 mars 2026 kl 10:00 skrev Bob <bob@example.com>:" + below,
		"danish":             "Den 3. mar. 2026 kl. 10.00 skrev Bob <bob@example.com>:" + below,
		"polish":             "W dniu 3.03.2026 o 10:00, Bob pisze:" + below,
		"russian":            "вт, 3 мар. 2026 г. в 10:00, Bob <bob@example.com>:" + below,
		"turkish":            "Bob <bob@example.com>, 3 Mar 2026 Sal, 10:00 tarihinde şunu yazdı:" + below,
		"japanese":           "2026年3月3日(火) 10:00 Bob <bob@example.com>:" + below,
		"chinese":            "Bob <bob@example.com> 于2026年3月3日周二 10:00写道：" + below,
		"apple not quoted":   "On 3 Mar 2026, at 10:00, Bob <bob@example.com> wrote:" + unquoted,
		"bare quote":         below,
		"outlook":            "From: Bob <bob@example.com>\nSent: Tuesday, 3 March 2026 10:00\nTo: Ann\nSubject: Help" + unquoted,
		"outlook web":        "________________________________\nFrom: Bob <bob@example.com>\nSent: Tuesday, 3 March 2026 10:00\nTo: Ann\nSubject: Help" + unquoted,
		"outlook bold":       " ------------------------------\n\n*From:* Bob\n*Sent:* Tuesday\n*To:* Ann\n*Subject:* Help" + unquoted,
		"outlook german":     "Von: Bob <bob@example.com>\nGesendet: Dienstag, 3. März 2026 10:00\nAn: Ann\nBetreff: Hilfe" + unquoted,
		"outlook french":     "De : Bob <bob@example.com>\nEnvoyé : mardi 3 mars 2026 10:00\nÀ : Ann\nObjet : Aide" + unquoted,
		"outlook spanish":    "De: Bob\nEnviado el: martes\nPara: Ann\nAsunto: Ayuda" + unquoted,
		"original message":   "-----Original Message-----\nFrom: Bob" + unquoted,
		"original german":    "-----Ursprüngliche Nachricht-----\nVon: Bob" + unquoted,
		"original french":    "-----Message d'origine-----\nDe : Bob" + unquoted,
		"our own marker":     "> ##- Please type your reply above this line -##\n> Hello\nlast words\n",
		"marker unquoted":    "On 3 Mar 2026, at 10:00, Help <help@example.com> wrote:\n\n##- Please type your reply above this line -##" + unquoted,
		"another desk's":     "## Please type your reply above this line. ##" + unquoted,
		"signature above":    "-- \nAnn Example\nExample Inc.\n\nOn Tue, Mar 3, 2026 at 10:00 Bob wrote:" + below,
		"signature below":    "On Tue, Mar 3, 2026 at 10:00 Bob wrote:" + below + "\n-- \nAnn Example\n",
		"from a phone":       "Sent from my iPhone\n\n> On Mar 3, 2026, at 10:00, Bob <bob@example.com> wrote:\n> " + below,
		"from outlook phone": "Get Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\nFrom: Bob <bob@example.com>\nSent: Tuesday\nTo: Ann\nSubject: Help" + unquoted,
	} {
		t.Run(name, func(t *testing.T) {
			const words = "It works now.\n\nThank you, Ann"
			p := New(words + "\n\n" + mark)
			if p.New != words {
				t.Errorf("new: %q, want %q", p.New, words)
			}
			if p.Quoted == "" {
				t.Error("nothing quoted")
			}
			if crlf := New(strings.ReplaceAll(words+"\n\n"+mark, "\n", "\r\n")); crlf != p {
				t.Errorf("with CRLF: %+v\nwant %+v", crlf, p)
			}
		})
	}
}

// TestKept has texts of which nothing may be cut.
func TestKept(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"plain":              "Hello\n\nBob",
		"between quotes":     "On 3 Mar 2026 Bob wrote:\n> one?\n\nYes.\n\n> two?\n\nNo.",
		"between, quote end": "> one?\n\nYes.\n\n> two?",
		"below the quote":    "> one?\n\nYes.",
		"only a forward":     "---------- Forwarded message ---------\nFrom: Bob <bob@example.com>\nDate: Tue\nSubject: x\nTo: Ann\n\nHello",
		"only a marker":      "Sent from my iPhone",
		"only a quote":       "> Hello",
		"a From in prose":    "The form says:\nFrom: Berlin\nwhich is wrong.",
		"a rule in prose":    "Part one\n-----\nPart two",
		"dashes and more":    "Part one\n--\n" + strings.Repeat("many lines\n", 40) + "end",
		"a rule and a list":  "Hello Dora,\nplease do two things:\n--\n1. switch it off\n2. switch it on\n\nThen tell us.\nJohn",
		"a rule and a log":   "Hello,\nhere is the log:\n--\nline 1 error\nline 2 error\n\nWhat now?",
		"wrote in prose":     "On the form I wrote:\nhello",
		"sent in prose":      "Hi\n\nSent from my desk, is much easier than my phone.",
		"a long line":        strings.Repeat("x", 10_000) + " wrote:",
	} {
		t.Run(name, func(t *testing.T) {
			if p := New(text); p.New != text {
				t.Errorf("new: %q, want all of %q", p.New, text)
			}
		})
	}
}

func TestSignature(t *testing.T) {
	t.Parallel()
	p := New("Hello\n\n-- \nAnn\nExample Inc.\n\nSent from my iPhone\n\nOn 3 Mar 2026 Bob wrote:\n> x")
	want := Parts{New: "Hello", Signature: "-- \nAnn\nExample Inc.\nSent from my iPhone", Quoted: "On 3 Mar 2026 Bob wrote:\n> x"}
	if p != want {
		t.Errorf("%+v\nwant %+v", p, want)
	}
	for _, line := range []string{
		"Sent from my iPhone", "Sent from Yahoo Mail on Android", "Sent from Outlook<http://aka.ms/x>", "Get Outlook for Android <https://aka.ms/y>",
		"Von meinem iPhone gesendet", "Envoyé de mon iPhone", "Enviado desde mi iPhone", "Inviato da iPhone", "Verstuurd vanaf mijn iPhone",
		"Skickat från min iPhone", "Sendt fra min iPhone", "Wysłane z iPhone'a", "Отправлено с iPhone", "iPhone'umdan gönderildi", "iPhoneから送信", "发自我的iPhone",
	} {
		if p := New("Hello\n\n" + line); p.New != "Hello" {
			t.Errorf("%q is left in %q", line, p.New)
		}
	}
}

// TestHostileTexts has texts built to make a trimmer slow.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	repeat := strings.Repeat
	for name, text := range map[string]string{
		"one line":      repeat("x", 5<<20),
		"quote marks":   repeat(">", 5<<20),
		"quoted lines":  repeat("> x\n", 1<<20),
		"blank lines":   repeat("\n", 5<<20),
		"from lines":    repeat("From: x\n", 500_000),
		"attributions":  repeat("1 wrote;:\n", 400_000),
		"wrote":         repeat("On 1 a wrote ", 300_000) + ":",
		"markers":       "x\n" + repeat("Sent from my iPhone\n", 200_000),
		"delimiters":    "x\n" + repeat("-- \ny\n", 300_000),
		"rules":         repeat("-----\n", 500_000),
		"reply markers": repeat("reply above \n", 300_000),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			p := New(text)
			FromHTML(text)
			if took := time.Since(start); took > patience {
				t.Errorf("took %v", took)
			}
			if strings.TrimSpace(text) != "" && p.New == "" {
				t.Error("nothing left")
			}
		})
	}
}

// FuzzTrim states what New and FromHTML promise for any text.
func FuzzTrim(f *testing.F) {
	for _, seed := range []string{
		"", "a", "> a", "a\n> b", "On 1 a wrote:\n> b", "x\n\n-- \ny", "a\nFrom: b\nTo: c\nSubject: d\ne", "x\nSent from my iPhone",
		"<div>a</div><div class=gmail_quote>On 1 b wrote:<blockquote type=cite>c</blockquote></div>", "a\n##- Please type your reply above this line -##\nb",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		p := New(text)
		if strings.TrimSpace(text) != "" && p.New == "" {
			t.Errorf("nothing left of %q", text)
		}
		if n := len(p.New) + len(p.Quoted) + len(p.Signature); n > len(text)+2 {
			t.Errorf("%d bytes out of %d", n, len(text))
		}
		if !strings.Contains(strings.ReplaceAll(text, "\r\n", "\n"), p.New) {
			t.Errorf("%q is not in %q", p.New, text)
		}
		if got, _ := FromHTML(text); !utf8.ValidString(got) || strings.ContainsRune(got, 0) {
			t.Errorf("from HTML: %q", got)
		}
	})
}
