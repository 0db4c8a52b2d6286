package inbound

import (
	"fmt"
	"slices"
	"strings"

	"deskpost/inbound/inboundtest"
)

// dialog joins scripts.
func dialog(parts ...inboundtest.Script) inboundtest.Script { return slices.Concat(parts...) }

func answer(pattern, text string) inboundtest.Script {
	return inboundtest.Script{inboundtest.Answer(pattern, text)}
}

func selected() inboundtest.Script { return answer("SELECT INBOX", inboundtest.Folder) }

func leave() inboundtest.Script { return inboundtest.Script{inboundtest.Leave()} }

func cut(pattern string) inboundtest.Script {
	return inboundtest.Script{inboundtest.Expect(pattern), inboundtest.Cut()}
}

func stored() inboundtest.Script { return answer(`UID STORE .*\\Seen`, "$TAG OK\r\n") }

// search answers the two commands that look for mail.
func search(uids ...uint32) inboundtest.Script {
	list := ""
	for _, uid := range uids {
		list += fmt.Sprint(" ", uid)
	}
	return dialog(answer("NOOP", "$TAG OK\r\n"), answer("UID SEARCH", "* SEARCH"+list+"\r\n$TAG OK\r\n"))
}

// Patterns of the two kinds of FETCH.
func asksMeta(set string) string { return `UID FETCH ` + set + ` \(.*RFC822.SIZE` }
func asksBody(set string) string { return `UID FETCH ` + set + ` \(.*BODY.PEEK\[\]\)` }

func asksAbout(set string) string { return `UID FETCH ` + set + ` \(UID ENVELOPE\)` }

func fetchMeta(set string, answers ...string) inboundtest.Script {
	return answer(asksMeta(set), strings.Join(answers, "")+"$TAG OK\r\n")
}

func fetchBody(set string, answers ...string) inboundtest.Script {
	return answer(asksBody(set), strings.Join(answers, "")+"$TAG OK\r\n")
}

func meta(uid uint32, raw []byte) string { return metaSized(uid, int64(len(raw))) }

func metaSized(uid uint32, size int64) string {
	return fmt.Sprintf("* %d FETCH (UID %d FLAGS () INTERNALDATE \"05-Jan-2026 09:00:00 +0000\" RFC822.SIZE %d)\r\n", uid, uid, size)
}

func body(uid uint32, raw []byte) string {
	return fmt.Sprintf("* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n", uid, uid, len(raw), raw)
}
