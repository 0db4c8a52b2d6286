package ticket

// A Rota is the part of a Tx that knows whose turn it is to get a ticket.
type Rota interface {
	// Turns says for the agents of a department which of the tickets that it gave
	// out they got last, counted from 1. Who never got one is missing.
	Turns(department string) (map[string]int64, error)
	// TakeTurn notes that an agent got the ticket with this count.
	TakeTurn(department, agent string, turn int64) error
	// Workload counts the tickets in these statuses that agents have. Who has
	// none is missing.
	Workload(agents []string, s []Status) (map[string]int, error)
}

// An AssignRule says who gets the tickets of a department that come to nobody.
type AssignRule string

// The rules. Equals of AssignLeastBusy take turns.
const (
	AssignNone       AssignRule = "none"
	AssignRoundRobin AssignRule = "round-robin" // who has waited longest for one
	AssignLeastBusy  AssignRule = "least-busy"  // who has the fewest unfinished tickets, of all departments
)

// AssignRules lists every rule.
var AssignRules = []AssignRule{AssignNone, AssignRoundRobin, AssignLeastBusy}
