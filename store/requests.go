package store

import "deskpost/ticket"

// KeepTranscript implements ticket.Requests.
func (t *tx) KeepTranscript(receipt int64, said ticket.Transcript) error {
	return t.must(`INSERT INTO transcripts (receipt, says) VALUES ($1, $2)`, receipt, jsonOf(said))
}

// Transcript implements ticket.Requests.
func (t *tx) Transcript(receipt int64) (ticket.Transcript, error) {
	var said ticket.Transcript
	return said, t.one(`SELECT says FROM transcripts WHERE receipt = $1`, args{receipt}, jsonTo[ticket.Transcript]{&said})
}
