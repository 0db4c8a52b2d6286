package store

import "deskpost/ticket"

// Turns implements ticket.Rota.
func (t *tx) Turns(department string) (map[string]int64, error) {
	turns := map[string]int64{}
	err := each(t, func(s scan) error {
		var agent string
		var turn int64
		err := s(&agent, &turn)
		turns[agent] = turn
		return err
	}, `SELECT agent, turn FROM rota WHERE department = $1`, department)
	return turns, err
}

// TakeTurn implements ticket.Rota.
func (t *tx) TakeTurn(department, agent string, turn int64) error {
	_, err := t.exec(`
		INSERT INTO rota (department, agent, turn) VALUES ($1, $2, $3)
		ON CONFLICT (department, agent) DO UPDATE SET turn = excluded.turn`, department, agent, turn)
	return err
}

// Workload implements ticket.Rota.
func (t *tx) Workload(agents []string, s []ticket.Status) (map[string]int, error) {
	load := map[string]int{}
	if len(agents) == 0 || len(s) == 0 {
		return load, nil
	}
	query, a := workloadQuery(agents, s)
	return load, each(t, func(s scan) error {
		var agent string
		var tickets int
		err := s(&agent, &tickets)
		load[agent] = tickets
		return err
	}, query, a...)
}

func workloadQuery(agents []string, s []ticket.Status) (string, args) {
	var w where
	w.in("assignee", agents)
	w.in("status", words(s))
	return `SELECT assignee, COUNT(*) FROM tickets` + w.text() + ` GROUP BY assignee`, w.args
}
