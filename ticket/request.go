package ticket

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// An Origin is where a request came from that did not come by mail. It is the
// source of the request's receipt; no mailbox can have such a key.
type Origin string

// The origins. Whoever may run the program's commands may do so without being
// an agent, as the operator; who fills in a form may not.
const (
	FromCommandLine Origin = "do:"
	FromForm        Origin = "form:"
	FromAPI         Origin = "api:"
)

// A Request is what somebody asks the desk to do otherwise than by mail.
type Request struct {
	Origin   Origin
	Key      string    // names the request: a second one with its key does nothing and gets the first one's transcript; "" for none
	Agent    string    // key; "" is the operator, who may do everything but write to customers
	Ticket   Number    // 0 if it is about none, as #list is
	Text     string    // commands on the first lines, then what is to be posted, as in a mail
	Kind     EntryKind // what the text becomes unless a command says otherwise: Reply or Note; "" is Note
	Markdown bool      // the text is Markdown; else it is plain
	Files    []File    // go along with the text; their bytes are in the store already
	Kept     []int64   // files of what its agent had not sent on the ticket, which go along
	Ends     bool      // it is what its agent had not sent, which is forgotten when it is done
	Sure     bool      // send the text though it holds words that only agents have seen
	Seen     int64     // ID of the last entry that its writer has seen: if there is another since, nothing is done; 0 is not known
	Version  int64     // Sheet.Version that its writer has seen: if the ticket has changed since, nothing is done; 0 is not known
}

// A Transcript says what a request did: all that it asked for, or nothing.
type Transcript struct {
	Done    bool         `json:"done"`
	Again   bool         `json:"again,omitempty"` // it was done when its key came first, and not once more
	Ticket  Number       `json:"ticket,omitempty"`
	Entry   int64        `json:"entry,omitempty"` // that its text became; 0 if none
	Verdict string       `json:"verdict,omitempty"`
	Results []ResultLine `json:"results,omitempty"` // line by line
	Report  []string     `json:"report,omitempty"`  // answers to #show, #list and #help
	State   string       `json:"state,omitempty"`   // of the ticket, afterwards
	Leaks   bool         `json:"leaks,omitempty"`   // not done because the text holds words that not all who get it have seen; Request.Sure sends it
}

// Requests are the part of a Tx that remembers what requests with a key did.
type Requests interface {
	// KeepTranscript writes the transcript of the request with this receipt, once.
	KeepTranscript(receipt int64, t Transcript) error
	// Transcript reads it back.
	Transcript(receipt int64) (Transcript, error)
}

// maxKey bounds the key of a request, in bytes.
const maxKey = 200

// accept writes the receipt of a request. If there was one with its key before,
// from the same agent, it returns the transcript of that one.
func (t *turn) accept(origin Origin, agent, key string) (Receipt, *Transcript, error) {
	if len(key) > maxKey {
		return Receipt{}, nil, refuse(Invalid, "the key of a request has at most %d bytes", maxKey)
	}
	number, err := t.tx.Next("request:"+string(origin), 1)
	if err != nil {
		return Receipt{}, nil, fmt.Errorf("number a request: %w", err)
	}
	r := Receipt{Source: string(origin), Epoch: 1, UID: uint32(number), Keyed: key != "", Received: t.now, At: t.now}
	if r.Keyed {
		// With the agent in it nobody gets another's transcript by guessing a key.
		r.Digest = sha256.Sum256([]byte(strings.Join([]string{"request", string(origin), agent, key}, "\x00")))
	}
	sight, earlier, err := t.tx.Receive(&r)
	switch {
	case err != nil:
		return Receipt{}, nil, fmt.Errorf("write receipt of request %d: %w", number, err)
	case sight == Fresh:
		t.receipt = r.ID
		return r, nil, nil
	}
	first, err := t.tx.Transcript(earlier)
	if err != nil {
		return Receipt{}, nil, fmt.Errorf("read what an earlier request did: %w", err)
	}
	first.Again = true
	return r, &first, nil
}

// conclude ends the receipt of a request that was done. No mail server waits to
// be told of it.
func (t *turn) conclude(r *Receipt, key string, c Conclusion, m *Mail, done Transcript) error {
	told := *m
	told.MessageID = key
	c.Reasons = t.reasons
	if err := t.tx.Conclude(r.ID, c, told); err != nil {
		return fmt.Errorf("conclude request %d: %w", r.UID, err)
	}
	if err := t.tx.AfterDone(r.Source, r.Epoch, []uint32{r.UID}, t.now); err != nil {
		return fmt.Errorf("conclude request %d: %w", r.UID, err)
	}
	if !r.Keyed {
		return nil
	}
	if err := t.tx.KeepTranscript(r.ID, done); err != nil {
		return fmt.Errorf("keep what request %d did: %w", r.UID, err)
	}
	return nil
}

// plain makes a text from outside what a Mail's texts are: UTF-8 without NUL,
// with lines that end in LF.
func plain(s string) string {
	return strings.NewReplacer("\x00", "", "\r\n", "\n").Replace(strings.ToValidUTF8(s, "\uFFFD"))
}
