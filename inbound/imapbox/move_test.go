package imapbox_test

import (
	"slices"
	"strings"
	"testing"

	"deskpost/inbound/imapbox"
	"deskpost/inbound/inboundtest"
	"deskpost/inbound/memimap"
)

// TestMoveAndDelete does without MOVE and UIDPLUS (F28).
func TestMoveAndDelete(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		without  []string
		expunged bool // whether what is moved or deleted leaves INBOX
	}{
		"MOVE":            {nil, true},
		"UIDPLUS only":    {[]string{"MOVE"}, true},
		"MOVE only":       {[]string{"UIDPLUS"}, true},
		"neither of them": {[]string{"MOVE", "UIDPLUS"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := memory(t, memimap.Options{Without: tc.without})
			deliver(t, server, "A: 1\r\n\r\n", "A: 2\r\n\r\n", "A: 3\r\n\r\n", "A: 4\r\n\r\n")
			box := dial(t, patient(server.Addr()))
			// 9 is gone; the folder is not there yet.
			if err := box.Move(t.Context(), []uint32{1, 2, 9}, "Done"); err != nil {
				t.Fatalf("move: %v", err)
			}
			if got := bodies(t, server, "Done"); !slices.Equal(got, []string{"A: 1\r\n\r\n", "A: 2\r\n\r\n"}) {
				t.Errorf("moved %q", got)
			}
			if err := box.Move(t.Context(), []uint32{3}, "Done"); err != nil {
				t.Fatalf("second move: %v", err)
			}
			left := bodies(t, server, "INBOX")
			if tc.expunged && !slices.Equal(left, []string{"A: 4\r\n\r\n"}) || !tc.expunged && len(left) != 4 {
				t.Errorf("left %q", left)
			}
			if err := box.Delete(t.Context(), []uint32{4}); err != nil {
				t.Fatalf("delete: %v", err)
			}
			for _, m := range stored(t, server, "INBOX") {
				if !slices.Contains(m.Flags, `\deleted`) && !slices.Contains(m.Flags, `\Deleted`) {
					t.Errorf("mail %d is not flagged: %q", m.UID, m.Flags)
				}
			}
			if n := len(stored(t, server, "INBOX")); slices.Contains(tc.without, "UIDPLUS") == (n == 0) {
				t.Errorf("%d mails in INBOX at the end", n)
			}
		})
	}
}

func TestMoveRefusesNonsense(t *testing.T) {
	t.Parallel()
	server := memory(t, memimap.Options{})
	deliver(t, server, "A: 1\r\n\r\n")
	box := dial(t, patient(server.Addr()))
	if err := box.Move(t.Context(), []uint32{1}, "inbox"); err == nil {
		t.Error("a mail was moved to where it is")
	}
	// UID 0 would be "*" on the wire: the newest mail.
	for what, err := range map[string]error{
		"delete": box.Delete(t.Context(), []uint32{0}),
		"move":   box.Move(t.Context(), []uint32{0}, "Done"),
		"seen":   box.MarkSeen(t.Context(), []uint32{0}),
	} {
		if err == nil {
			t.Errorf("%s took UID 0", what)
		}
	}
	if got := stored(t, server, "INBOX"); len(got) != 1 || len(got[0].Flags) != 0 {
		t.Errorf("INBOX changed: %+v", got)
	}
}

// TestMoveFaults proves that a mail never leaves both folders (F28).
func TestMoveFaults(t *testing.T) {
	t.Parallel()
	const ok = "$TAG OK\r\n"
	for name, tc := range map[string]struct {
		caps  string
		steps []inboundtest.Step
		kind  imapbox.Kind
	}{
		"copy refused: nothing is deleted": {"UIDPLUS",
			[]inboundtest.Step{answer("UID COPY", "$TAG NO [OVERQUOTA] full\r\n"), leave()}, imapbox.KindRefused},
		"copy cut: nothing is deleted": {"UIDPLUS",
			[]inboundtest.Step{expect("UID COPY"), cut()}, imapbox.KindLost},
		"folder missing: created, then copied": {"UIDPLUS", []inboundtest.Step{
			answer(`UID COPY 1:2 "Done"`, "$TAG NO [TRYCREATE] no such folder\r\n"), answer(`CREATE "Done"`, ok),
			answer("UID COPY", ok), answer(`UID STORE 1:2 \+FLAGS.SILENT \(\\Deleted\)`, ok), answer("UID EXPUNGE 1:2$", ok), leave()}, 0},
		"folder cannot be created: nothing is deleted": {"UIDPLUS", []inboundtest.Step{
			answer("UID COPY", "$TAG NO [TRYCREATE] no such folder\r\n"), answer("CREATE", "$TAG NO [NOPERM] no\r\n"), leave()}, imapbox.KindRefused},
		"missing again: tried once more only": {"", []inboundtest.Step{
			answer("UID COPY", "$TAG NO [TRYCREATE] no\r\n"), answer("CREATE", "$TAG NO [ALREADYEXISTS] it is there\r\n"),
			answer("UID COPY", "$TAG NO [TRYCREATE] no\r\n"), leave()}, imapbox.KindRefused},
		"only the copied are deleted": {"UIDPLUS", []inboundtest.Step{
			answer("UID COPY", "$TAG OK [COPYUID 9 2 71] done\r\n"), answer(`UID STORE 2 `, ok), answer("UID EXPUNGE 2$", ok), leave()}, 0},
		"no UIDPLUS: never a plain EXPUNGE": {"", []inboundtest.Step{
			answer("UID COPY", ok), answer(`UID STORE 1:2 `, ok), leave()}, 0},
		"flag refused: not expunged": {"UIDPLUS", []inboundtest.Step{
			answer("UID COPY", ok), answer(`UID STORE`, "$TAG NO no\r\n"), leave()}, imapbox.KindRefused},
		"MOVE, folder missing": {"MOVE", []inboundtest.Step{
			answer("UID MOVE", "$TAG NO [TRYCREATE] no\r\n"), answer("CREATE", ok), answer("UID MOVE 1:2 ", ok), leave()}, 0},
		"MOVE with the empty COPYUID of Outlook": {"MOVE", []inboundtest.Step{
			answer("UID MOVE", "* OK [COPYUID 14  ]\r\n$TAG OK\r\n"), leave()}, imapbox.KindProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := inboundtest.Serve(t, inboundtest.OpenBox(tc.caps).Then(tc.steps...))
			box := dial(t, patient(server.Addr))
			err := box.Move(t.Context(), []uint32{1, 2}, "Done")
			if imapbox.KindOf(err) != tc.kind || (err == nil) != (tc.kind == 0) {
				t.Errorf("kind %d, want %d: %v", imapbox.KindOf(err), tc.kind, err)
			}
			for _, line := range server.Heard() {
				if strings.HasSuffix(line, " EXPUNGE") {
					t.Errorf("plain EXPUNGE: %q", line)
				}
				if tc.caps == "MOVE" && strings.Contains(line, "COPY") {
					t.Errorf("copied besides: %q", line)
				}
			}
			deletes := func(line string) bool { return strings.Contains(line, "Deleted") }
			if strings.Contains(name, "nothing is deleted") && slices.ContainsFunc(server.Heard(), deletes) {
				t.Errorf("deleted all the same: %q", server.Heard())
			}
		})
	}
}
