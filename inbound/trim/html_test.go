package trim

import "testing"

func TestFromHTML(t *testing.T) {
	t.Parallel()
	const words = "It works.\n#close"
	for name, html := range map[string]string{
		"gmail":                `<div dir="ltr">It works.<br>#close</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">Whoever it was:<br></div><blockquote class="gmail_quote">Hello</blockquote></div>`,
		"old gmail":            `<div>It works.<br>#close</div><div class="gmail_extra"><div class="gmail_quote">On 3 Mar 2026, Bob &lt;<a href="mailto:b@c">b@c</a>&gt; wrote:<br><blockquote class="gmail_quote">Hello</blockquote></div></div>`,
		"gmail with signature": `<div>It works.<br>#close<div class="gmail_signature" data-smartmail="gmail_signature">Ann</div></div><div class="gmail_quote"><div class="gmail_attr">On 3 Mar Bob wrote:</div><blockquote class="gmail_quote">Hello</blockquote></div>`,
		"thunderbird":          `<p>It works.<br>#close</p><div class="moz-cite-prefix">Bob sagte dies:<br></div><blockquote type="cite">Hello</blockquote>`,
		"apple mail":           `<div>It works.</div><div>#close</div><div><br><blockquote type="cite"><div>On 3 Mar 2026, at 10:00, Bob &lt;b@c&gt; wrote:</div><div>Hello</div></blockquote></div>`,
		"outlook web":          `<div>It works.<br>#close</div><div id="appendonsend"></div><hr tabindex="-1"><div id="divRplyFwdMsg"><b>Jemand:</b> Bob</div><div>Hello</div>`,
		"outlook web renamed":  `<div>It works.<br>#close</div><div id="x_divRplyFwdMsg">Bob</div><div>Hello</div>`,
		"outlook desktop":      `<p class=MsoNormal>It works.<br>#close<o:p></o:p></p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in'><p><b>Mittente:</b> Bob</p></div></div><p>Hello</p>`,
		"outlook phone":        `<div>It works.<br>#close</div><div id="ms-outlook-mobile-signature">Get it</div><div id="mail-editor-reference-message-container">Hello</div>`,
		"yahoo":                `<div>It works.<br>#close</div><div class="yahoo_quoted">Bob Hello</div>`,
		"proton":               `<div>It works.<br>#close</div><div class="protonmail_signature_block">Sent with Proton Mail</div><div class="protonmail_quote">Bob <blockquote>Hello</blockquote></div>`,
		"gmx":                  `<div>It works.<br>#close</div><div name="quote">Bob Hello</div>`,
		"our marker":           `<div>It works.<br>#close</div><blockquote><p>##- Please type your reply above this line -##</p>Hello</blockquote><p>more</p>`,
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := FromHTML(html)
			if got != words {
				t.Errorf("%q, want %q", got, words)
			}
			if !ok && name != "our marker" {
				t.Error("the client's marks are not seen")
			}
		})
	}
	for html, want := range map[string]string{
		`<p>one</p><p>two</p>`: "one\n\ntwo",
		// Answers between quotes stay with what they answer.
		`<blockquote type="cite">one?</blockquote><p>Yes.</p><blockquote type="cite">two?</blockquote><p>No.</p>`: "> one?\n\nYes.\n\n> two?\n\nNo.",
		// Gmail's indent button is no quote.
		`<p>see</p><blockquote style="margin:0 0 0 40px; border: none; padding: 0px">indented</blockquote>`: "see\n\nindented",
		// Only a forward: then that is the text, without our mark.
		`<div id="appendonsend"></div><div>Hello</div>`: "Hello",
		`<div id="divRplyFwdMsg">Fwd</div>`:             "Fwd",
		`<a href="mailto:a@b">a@b</a>`:                  "a@b",
	} {
		if got, _ := FromHTML(html); got != want {
			t.Errorf("%s: %q, want %q", html, got, want)
		}
	}
}
