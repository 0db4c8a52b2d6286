package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"deskpost/ticket"
)

func whoCanCommand() *cobra.Command {
	var path, agent string
	cmd := &cobra.Command{
		Use:   "who-can RIGHT DEPARTMENT | --agent NAME",
		Short: "Say who has a right in a department, or what an agent may do where",
		Long: "who-can reads the config file and prints the agents who have a right in a\n" +
			"department, by which role, and for which department their access names it: a\n" +
			"role holds in the departments below too. With --agent it prints the role and\n" +
			"the rights of one agent in every department.\n\n" +
			"The rights: " + strings.Join(rightNames(), ", ") + ".",
		Example: "  deskpost who-can reply support\n" +
			"  deskpost who-can --agent jane",
		Args: func(cmd *cobra.Command, args []string) error {
			if agent != "" {
				return arguments(cobra.NoArgs)(cmd, args)
			}
			return arguments(cobra.ExactArgs(2))(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := settingsFrom(path)
			if err != nil {
				return err
			}
			if agent != "" {
				return agentCan(s.Policy, agent, cmd.OutOrStdout())
			}
			return whoCan(s.Policy, args[0], args[1], cmd.OutOrStdout())
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().StringVar(&agent, "agent", "", "an agent, by the name in the config")
	return cmd
}

func rightNames() []string {
	names := make([]string, len(ticket.Rights))
	for i, r := range ticket.Rights {
		names[i] = string(r)
	}
	return names
}

// whoCan prints the agents who have a right in a department.
func whoCan(p *ticket.Policy, right, department string, out io.Writer) error {
	if !slices.Contains(ticket.Rights, ticket.Right(right)) {
		return &usageError{unknownName("right", right, rightNames())}
	}
	if _, ok := p.Departments[department]; !ok {
		return &usageError{unknownName("department", department, slices.Collect(maps.Keys(p.Departments)))}
	}
	grants := p.WhoCan(ticket.Right(right), department)
	if len(grants) == 0 {
		_, err := fmt.Fprintf(out, "nobody can %s in %s%s\n", right, p.PathName(department), howToGrant(p, ticket.Right(right), department))
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%s in %s\n", right, p.PathName(department))
	for _, g := range grants {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", g.Agent, p.Agents[g.Agent].Name, g.Role, whence(g.From, department)+when(g.Disabled, ", but DISABLED"))
	}
	return table.Flush()
}

// howToGrant says which role to give to somebody.
func howToGrant(p *ticket.Policy, right ticket.Right, department string) string {
	var roles []string
	for _, key := range slices.Sorted(maps.Keys(p.Roles)) {
		if slices.Contains(p.Roles[key].Rights, right) {
			roles = append(roles, key)
		}
	}
	if len(roles) == 0 {
		return ", and no role has this right; add it to the rights of one"
	}
	return fmt.Sprintf("; give somebody a role that can, such as access = { %s = %q }. Roles that can: %s", department, roles[0], strings.Join(roles, ", "))
}

// agentCan prints what an agent may do in each department.
func agentCan(p *ticket.Policy, key string, out io.Writer) error {
	agent, ok := p.Agents[key]
	if !ok {
		return &usageError{unknownName("agent", key, slices.Collect(maps.Keys(p.Agents)))}
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%s%s\n", agent.Name, when(agent.Disabled, " is DISABLED and may do nothing; otherwise:"))
	for _, department := range slices.Sorted(maps.Keys(p.Departments)) {
		role, from := p.RoleIn(key, department)
		if role.Key == "" {
			fmt.Fprintf(table, "  %s\tno access%s\n", department, when(from != "", "\t"+whence(from, department)))
			continue
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", department, role.Key, whence(from, department), rightsOf(role))
	}
	return table.Flush()
}

// whence says for which department a role is named.
func whence(from, department string) string {
	return choose(from == department, "named here", "from "+from)
}

// rightsOf lists what a role may do in the order of all rights.
func rightsOf(role ticket.Role) string {
	var rights []string
	for _, r := range ticket.Rights {
		if slices.Contains(role.Rights, r) {
			rights = append(rights, string(r))
		}
	}
	if len(rights) == len(ticket.Rights) {
		return "everything"
	}
	return strings.Join(rights, ", ")
}
