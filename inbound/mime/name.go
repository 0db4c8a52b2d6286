package mime

import (
	"strings"
	"unicode"
)

// maxNameBytes is what file systems take.
const maxNameBytes = 255

// fileName returns the name of an attachment: Content-Disposition's filename
// before Content-Type's name, made harmless.
func (l *leaf) fileName() string {
	for _, name := range []string{l.dispParams["filename"], l.params["name"], l.params["filename"], l.dispParams["name"]} {
		if name = SafeName(name); name != "" {
			return name
		}
	}
	return ""
}

// SafeName makes a suggested file name one to show: no path (RFC 2183 §2.3),
// no control, invisible or direction-changing characters that would let
// "exe.pdf" be something else, no leading dots that hide a file, at most 255 bytes with the extension kept.
func SafeName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 && i+1 < len(name) {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r): // Cf: invisible, or changing the direction
			return -1
		case r == '/' || r == '\\':
			return '_'
		}
		return r
	}, name)
	name = strings.TrimLeft(strings.TrimSpace(name), ". ") // after what cannot be seen is gone
	if len(name) > maxNameBytes {
		ext := ""
		if i := strings.LastIndexByte(name, '.'); i >= 0 && len(name)-i <= 16 {
			ext = name[i:]
		}
		name = strings.ToValidUTF8(name[:maxNameBytes-len(ext)], "") + ext
	}
	return name
}

// defaultName names a part that the sender gave no name, so that it can be
// shown and saved.
func defaultName(a Attachment) string {
	// Outlook makes the Content-ID of an image from its name.
	if name, _, ok := strings.Cut(a.ContentID, "@"); ok && strings.Contains(name, ".") && strings.HasPrefix(a.Type, "image/") {
		return SafeName(name)
	}
	switch a.Type {
	case "message/rfc822", "message/global":
		return "message.eml"
	case "message/delivery-status", "message/disposition-notification", "message/feedback-report":
		return strings.TrimPrefix(a.Type, "message/") + ".txt"
	case "text/rfc822-headers":
		return "headers.txt"
	case "text/calendar":
		return "invitation.ics"
	case "text/html":
		return "message.html"
	case "text/plain":
		return "message.txt"
	case "application/pdf":
		return "document.pdf"
	case "application/pgp-signature":
		return "signature.asc"
	case "application/pkcs7-signature", "application/x-pkcs7-signature":
		return "smime.p7s"
	}
	if kind, ok := strings.CutPrefix(a.Type, "image/"); ok && isToken(kind) && len(kind) < 10 {
		return "image." + strings.TrimPrefix(strings.Replace(kind, "jpeg", "jpg", 1), "x-")
	}
	return "attachment"
}
