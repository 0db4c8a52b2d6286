package imapbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"deskpost/inbound/imapbox"
	"deskpost/inbound/inboundtest"
)

// TestCapabilitySets reads, flags and moves mail at servers that can do more or
// less than most, over literals that wait for the server (no LITERAL+), and into a
// folder whose name has the server's own separator (F28).
func TestCapabilitySets(t *testing.T) {
	t.Parallel()
	const ok, raw = "$TAG OK done\r\n", "A: 1\r\n\r\none\r\n"
	for name, caps := range map[string]string{
		"nothing":          "IMAP4rev1",
		"IMAP4rev2 only":   "IMAP4rev2",
		"UTF8=ACCEPT":      "IMAP4rev1 ENABLE UTF8=ACCEPT",
		"Dovecot's":        "IMAP4rev1 SASL-IR LITERAL+ IDLE UIDPLUS NAMESPACE CONDSTORE QRESYNC ESEARCH SPECIAL-USE",
		"unknown ones too": "IMAP4rev1 X-FROB=9 XLIST LITERAL- COMPRESS=DEFLATE OBJECTID",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			named := fmt.Sprintf("* OK [CAPABILITY %s] ready\r\n", caps)
			script := inboundtest.Script{send(named), answer("LOGIN", strings.Replace(named, "* OK", "$TAG OK", 1)), answer("SELECT", inboundtest.Folder),
				answer("NOOP", ok)}
			found, copied := "* SEARCH 1\r\n", "UID COPY"
			if strings.Contains(caps, "IMAP4rev2") {
				found = "* ESEARCH (TAG \"$TAG\") UID ALL 1\r\n"
				copied = "UID MOVE" // part of IMAP4rev2, as UIDPLUS is
			}
			script = script.Then(answer("SEARCH", found+ok),
				answer(`UID FETCH 1 \(.*RFC822.SIZE`, fmt.Sprintf("* 1 FETCH (UID 1 FLAGS () INTERNALDATE \"05-Jan-2026 09:00:00 +0000\" RFC822.SIZE %d)\r\n", len(raw))+ok),
				answer(`UID FETCH 1 \(UID BODY.PEEK`, fmt.Sprintf("* 1 FETCH (UID 1 BODY[] {%d}\r\n%s)\r\n", len(raw), raw)+ok),
				answer("STORE", ok), answer(copied+` 1 "?Desk.Done"?`, ok))
			if copied == "UID COPY" {
				script = script.Then(answer("STORE", ok))
				if strings.Contains(caps, "UIDPLUS") {
					script = script.Then(answer("UID EXPUNGE 1$", ok))
				}
			}
			box := dial(t, patient(inboundtest.Serve(t, script.Then(leave())).Addr))
			uids, err := box.NewUIDs(t.Context(), 0)
			if err != nil || len(uids) != 1 {
				t.Fatalf("search: %v, %v", uids, err)
			}
			metas, err := box.Meta(t.Context(), uids)
			if err != nil || len(metas) != 1 || metas[0].Size != int64(len(raw)) || !metas[0].InternalDate.Equal(time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)) {
				t.Fatalf("meta: %+v, %v", metas, err)
			}
			if whole, _, err := take(t.Context(), box, 1); err != nil || whole[1] != raw {
				t.Fatalf("fetch: %v, %v", whole, err)
			}
			if err := box.MarkSeen(t.Context(), uids); err != nil {
				t.Fatal(err)
			}
			if err := box.Move(t.Context(), uids, "Desk.Done"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestOtherSeparator: a folder whose name has another separator than the
// server's cannot be made, and what to do is said (F28).
func TestOtherSeparator(t *testing.T) {
	t.Parallel()
	box := dial(t, patient(inboundtest.Serve(t, inboundtest.OpenBox("MOVE").Then(
		answer("UID MOVE", "$TAG NO [TRYCREATE] no such folder\r\n"),
		answer("CREATE", "$TAG NO [CANNOT] / is not allowed in names\r\n"), leave())).Addr))
	err := box.Move(t.Context(), []uint32{1}, "Desk/Done")
	if imapbox.KindOf(err) != imapbox.KindRefused || !strings.Contains(err.Error(), "the server's own separator") {
		t.Errorf("move: %v", err)
	}
}
