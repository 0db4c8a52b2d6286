package web

import (
	"strconv"
	"time"

	"deskpost/ticket"
)

// The size of a plot, in the units of its viewBox.
const (
	plotWidth  = 760
	plotHeight = 200
	plotLeft   = 34 // for the scale
	plotTop    = 10
)

// A plot shows how many tickets came and went, by day, week or month. It is drawn
// on the server, so that it prints and needs no script; the same numbers stand in
// a table.
type plot struct {
	Unit  string // "day", "week" or "month"
	Slots []slot
	Lines []gridLine
	Width, Height,
	Left, Bottom int
}

// A slot is a day, week or month of a plot.
type slot struct {
	Name          string
	Label         string // under the axis; "" for most
	Opened, Ended int

	X, Wide int
	OpenedY, OpenedHigh,
	EndedY int
	EndedX1, EndedX2, Middle int
}

type gridLine struct {
	Y     int
	Label string
}

// flow draws what came and went from an instant up to another.
func flow(y *ticket.Tally, from, to time.Time) plot {
	p := plot{Width: plotWidth, Height: plotHeight + 30, Left: plotLeft, Bottom: plotTop + plotHeight}
	next, layout := p.unit(from, to)
	most := 1
	for at := from; at.Before(to); at = next(at) {
		end := next(at)
		s := slot{Name: at.Format(layout), Opened: within(y.Opened, at, end), Ended: within(y.Ended, at, end)}
		most = max(most, s.Opened, s.Ended)
		p.Slots = append(p.Slots, s)
	}
	top := roundUp(most)
	high := func(n int) int { return n * plotHeight / top }
	for i := range p.Slots {
		s := &p.Slots[i]
		left, right := p.edge(i), p.edge(i+1)
		s.X, s.Wide = left+1, max(1, right-left-2)
		s.OpenedHigh, s.OpenedY = high(s.Opened), p.Bottom-high(s.Opened)
		s.EndedY, s.EndedX1, s.EndedX2, s.Middle = p.Bottom-high(s.Ended), left, right, (left+right)/2
		if every := (len(p.Slots) + 7) / 8; i%every == 0 {
			s.Label = s.Name
		}
	}
	for _, n := range []int{0, top / 2, top} {
		p.Lines = append(p.Lines, gridLine{p.Bottom - high(n), strconv.Itoa(n)})
	}
	return p
}

// edge is where a slot begins.
func (p *plot) edge(i int) int { return plotLeft + i*(plotWidth-plotLeft)/len(p.Slots) }

// unit chooses slots of which there are not too many to see: it is how one follows
// another, and how they are named.
func (p *plot) unit(from, to time.Time) (next func(time.Time) time.Time, layout string) {
	switch days := int(to.Sub(from).Hours() / 24); {
	case days <= 62:
		p.Unit = "day"
		return func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }, "2 Jan"
	case days <= 400:
		p.Unit = "week"
		return func(t time.Time) time.Time { return t.AddDate(0, 0, 7) }, "2 Jan"
	}
	p.Unit = "month"
	return func(t time.Time) time.Time { return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, t.Location()) }, "Jan 2006"
}

// within counts instants from one up to another.
func within(all []time.Time, from, to time.Time) int {
	n := 0
	for _, at := range all {
		if !at.Before(from) && at.Before(to) {
			n++
		}
	}
	return n
}

// roundUp is the end of a scale: 2, 4, 10, 20, 40, 100, ...
func roundUp(n int) int {
	for unit := 1; ; unit *= 10 {
		for _, top := range []int{2, 4, 10} {
			if n <= top*unit {
				return top * unit
			}
		}
	}
}
