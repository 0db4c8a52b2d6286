package ticket

// Links are the part of a Tx that knows which tickets belong to which.
type Links interface {
	// MergedInto lists the tickets that were merged into this one itself, by
	// number; not those that came with them.
	MergedInto(n Number) ([]Number, error)
}
