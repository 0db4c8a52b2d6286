package ticket

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A View is a query that an agent keeps under a name.
type View struct{ Name, Query string }

// Limits on views.
const (
	maxViews     = 20
	maxViewName  = 30  // characters
	maxViewQuery = 500 // bytes
)

// Views are the part of a Tx that keeps what lists agents have made themselves.
type Views interface {
	// Views lists an agent's, in the agent's order.
	Views(agent string) ([]View, error)
	// SaveViews puts others in their place.
	SaveViews(agent string, views []View) error
}

// Views lists the views of an agent, in their order.
func (d *Desk) Views(ctx context.Context, agent string) ([]View, error) {
	return look(ctx, d, "read the lists of an agent", func(tx Tx) ([]View, error) { return tx.Views(agent) })
}

// KeepView adds a view to those of an agent, or puts it in the place of theirs that
// has its name. The error is a Refusal if its query makes no sense.
func (d *Desk) KeepView(ctx context.Context, agent string, v View) error {
	return d.changeViews(ctx, agent, func(views []View) []View {
		v.Name = strings.TrimSpace(v.Name)
		for i := range views {
			if strings.EqualFold(views[i].Name, v.Name) {
				views[i] = v
				return views
			}
		}
		return append(views, v)
	})
}

// ArrangeViews makes views all those that an agent has, in this order. The error is
// a Refusal if one of them makes no sense.
func (d *Desk) ArrangeViews(ctx context.Context, agent string, views []View) error {
	return d.changeViews(ctx, agent, func([]View) []View { return slices.Clone(views) })
}

func (d *Desk) changeViews(ctx context.Context, agent string, change func([]View) []View) error {
	err := d.update(ctx, func(t *turn) error {
		if _, err := t.whoAsks(FromForm, agent); err != nil {
			return err
		}
		views, err := t.tx.Views(agent)
		if err != nil {
			return err
		}
		views = change(views)
		if err := t.checkViews(agent, views); err != nil {
			return err
		}
		return t.tx.SaveViews(agent, views)
	})
	return requestError("keep the lists of an agent", err)
}

func (t *turn) checkViews(agent string, views []View) error {
	if len(views) > maxViews {
		return refuse(Invalid, "You have %d lists, which is as many as there may be. Remove one.", maxViews)
	}
	names := map[string]bool{}
	for i := range views {
		v := &views[i]
		v.Name, v.Query = strings.TrimSpace(v.Name), strings.TrimSpace(v.Query)
		name := strings.ToLower(v.Name)
		switch {
		case v.Name == "" || v.Query == "":
			return refuse(Invalid, "A list has a name and a query.")
		case utf8.RuneCountInString(v.Name) > maxViewName || strings.ContainsFunc(v.Name, unicode.IsControl):
			return refuse(Invalid, "The name of a list has at most %d characters.", maxViewName)
		case len(v.Query) > maxViewQuery:
			return refuse(Invalid, "That is too long for a query.")
		case names[name]:
			return refuse(Invalid, "Two of your lists are called %q.", v.Name)
		}
		names[name] = true
		if _, err := t.policy.query(v.Query, agent, t.now); err != nil {
			return refuse(Invalid, "%s: %s", v.Name, fmt.Sprint(err))
		}
	}
	return nil
}
