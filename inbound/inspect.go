package inbound

import (
	"encoding/hex"
	"io"

	"deskpost/inbound/mime"
	"deskpost/inbound/trim"
)

// Inspection is what `deskpost inspect --json` prints of one mail.
type Inspection struct {
	File        string                `json:"file"`
	Subject     string                `json:"subject"`
	From        InspectedAddress      `json:"from"`
	To          []string              `json:"to"`
	Cc          []string              `json:"cc"`
	MessageID   string                `json:"message_id"`
	Text        string                `json:"text"`
	NewText     string                `json:"new_text"`
	Attachments []InspectedAttachment `json:"attachments"`
	Kind        Kind                  `json:"kind"`
	Machine     bool                  `json:"machine"`
	NoAnswer    bool                  `json:"no_answer"`
	Why         []string              `json:"why"`
	Bounces     []InspectedBounce     `json:"bounces"`
	Problems    []string              `json:"problems"`
}

// InspectedAddress is a sender.
type InspectedAddress struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// InspectedAttachment is one attachment; its size and hash are of the decoded
// bytes.
type InspectedAttachment struct {
	Part   string `json:"part"`
	Name   string `json:"name"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// InspectedBounce is one recipient that a bounce names.
type InspectedBounce struct {
	Recipient string `json:"recipient"`
	Status    string `json:"status"`
	Permanent bool   `json:"permanent"`
}

// Inspect reads a mail and tells all that deskpost sees in it. The error is
// the source's: an odd mail is none.
func Inspect(file string, r io.Reader) (Inspection, error) {
	m := mime.Read(r, mime.DefaultLimits())
	class := Classify(m)
	in := Inspection{
		File:      file,
		Subject:   m.Subject,
		To:        bareAddresses(m.To),
		Cc:        bareAddresses(m.Cc),
		MessageID: m.MessageID,
		Text:      m.Text,
		NewText:   NewText(m),
		Kind:      class.Kind,
		Machine:   class.Machine,
		NoAnswer:  class.NoAnswer,
		Why:       class.Why,
		Problems:  m.Problems,
	}
	if len(m.From) > 0 {
		in.From = InspectedAddress{Name: m.From[0].Name, Address: m.From[0].Address}
	}
	for _, a := range m.Attachments {
		in.Attachments = append(in.Attachments, InspectedAttachment{
			Part: a.Part, Name: a.Name, Type: a.Type, Size: a.Size, SHA256: hex.EncodeToString(a.SHA256[:]),
		})
	}
	for _, b := range class.Bounces {
		in.Bounces = append(in.Bounces, InspectedBounce{Recipient: b.Recipient, Status: b.Status, Permanent: b.Permanent})
	}
	return in, m.Err
}

// InspectBody trims a decoded body that comes without its mail. html tells its
// form.
func InspectBody(file, body string, html bool) Inspection {
	if html {
		text, _ := trim.FromHTML(body)
		return Inspection{File: file, Text: mime.HTMLText(body), NewText: text, Kind: KindMessage}
	}
	return Inspection{File: file, Text: body, NewText: trim.New(body).New, Kind: KindMessage}
}

// NewText returns what the sender newly wrote, from the text if the mail has
// one and from its HTML otherwise.
func NewText(m *mime.Message) string {
	if m.TextFromHTML {
		text, _ := trim.FromHTML(m.HTML)
		return text
	}
	return trim.New(m.Text).New
}

func bareAddresses(list []mime.Address) []string {
	bare := make([]string, 0, len(list))
	for _, a := range list {
		bare = append(bare, a.Address)
	}
	return bare
}
