package ticket

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A pageLink is what the link in a notice does on the page, once.
type pageLink struct {
	token TokenKind // no mail address has it
	path  string    // of the page, before the token
	life  time.Duration
}

// pageLinks are the links, by the notices that carry them.
var pageLinks = map[NoticeKind]pageLink{
	NoticeSignIn:  {"s", "/sign-in/", signInLife},
	NoticeVisit:   {"v", "/my/sign-in/", signInLife},
	NoticeConfirm: {"o", "/new/", confirmLife},
}

// linkPattern is the token in a link: the ID of the notice in base 36 and a mac.
var linkPattern = regexp.MustCompile(`^([1-9a-z][0-9a-z]{0,12})\.([a-z2-7]{26})$`)

// link is the address on the page that a notice tells its reader; "" if it tells
// none.
func (t *turn) link(n *Notice, key Key) string {
	if l, ok := pageLinks[n.Kind]; ok {
		return t.policy.Page + l.path + strings.TrimPrefix(key.mint(l.token, n.ID), string(l.token))
	}
	if n.Kind == NoticeAck && t.policy.Portal && n.Ticket != 0 {
		return fmt.Sprintf("%s/my/%d", t.policy.Page, n.Ticket)
	}
	if (n.Kind == NoticeResolved || n.Kind == NoticeReply && n.Facts.Resolved) && t.policy.Portal && t.policy.Departments[n.Department].Rating {
		return fmt.Sprintf("%s/my/%d#rate", t.policy.Page, n.Ticket)
	}
	return ""
}

// byLink finds the notice whose link was followed. It was followed in time, and
// may have been before: see redeem.
func (t *turn) byLink(text string, kind NoticeKind) (Notice, error) {
	m := linkPattern.FindStringSubmatch(text)
	if m == nil {
		return Notice{}, errNoLink(kind)
	}
	id, err := strconv.ParseInt(m[1], 36, 64)
	if err != nil {
		return Notice{}, errNoLink(kind)
	}
	n, err := t.tx.Notice(id)
	if isAbsent(err) {
		return Notice{}, errNoLink(kind)
	}
	if err != nil {
		return Notice{}, fmt.Errorf("read the notice with the link: %w", err)
	}
	l := pageLinks[kind]
	if key, known := t.keys.byID(n.Key); !known || n.Kind != kind || !key.verify(Token{Kind: l.token, Notice: id, mac: m[2]}) {
		return Notice{}, errNoLink(kind)
	}
	if t.now.After(n.Facts.Until) {
		return Notice{}, errOldLink(l.life)
	}
	return n, nil
}

// redeem notes that a link was used, and refuses one that was before.
func (t *turn) redeem(n *Notice) error {
	first, err := t.tx.Redeem(n.ID, t.now)
	switch {
	case err != nil:
		return fmt.Errorf("note that the link was used: %w", err)
	case !first:
		return refuseCustomer(NotAllowed, "refused.link-used", nil, "This link was used already. Ask for another one.")
	}
	return nil
}

func errNoLink(kind NoticeKind) error {
	if kind == NoticeConfirm {
		return refuseCustomer(NotAllowed, "refused.link-no-ticket", nil, "This link opens no ticket. Write to us again.")
	}
	return refuseCustomer(NotAllowed, "refused.link-none", nil, "This link does not sign in. Ask for another one.")
}

func errOldLink(life time.Duration) error {
	key, n, unit := "refused.link-hours", int(life/time.Hour), "hours"
	if life < time.Hour {
		key, n, unit = "refused.link-minutes", int(life/time.Minute), "minutes"
	}
	return refuseCustomer(NotAllowed, key, with("n", n), "This link is too old: it was good for %d %s. Ask for another one.", n, unit)
}
