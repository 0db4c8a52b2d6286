package store

// Next implements ticket.Tx.
func (t *tx) Next(counter string, first int64) (int64, error) {
	var value int64
	err := t.insert(`
		INSERT INTO counters (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = counters.value + 1
		RETURNING value`, args{counter, first}, &value)
	return value, err
}
