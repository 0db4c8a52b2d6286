package command_test

import (
	"fmt"
	"slices"

	"deskpost/ticket/command"
)

func Example() {
	verbs := []string{"priority", "tag", "note"}
	text := "#prioirty high\n#tag +vpn -printer\n\nDear Ms Brown, we are looking into it.\n"

	block := command.Parse(text, func(verb string) bool { return slices.Contains(verbs, verb) })
	for _, line := range block.Lines {
		if !slices.Contains(verbs, line.Verb) {
			fmt.Printf("> %s   unknown; did you mean #%s?\n", line.Raw, command.Suggest(line.Verb, verbs))
			continue
		}
		deltas, err := command.Deltas(line.Args)
		if err != nil {
			fmt.Printf("> %s   %v\n", line.Raw, err)
			continue
		}
		for _, d := range deltas {
			fmt.Printf("> %s   %c %s\n", line.Raw, d.Op, d.Item)
		}
	}
	fmt.Printf("text: %q\n", block.Rest)
	// Output:
	// > #prioirty high   unknown; did you mean #priority?
	// > #tag +vpn -printer   + vpn
	// > #tag +vpn -printer   - printer
	// text: "Dear Ms Brown, we are looking into it.\n"
}

func ExampleMatch() {
	_, err := command.Match("jo", []string{"Joan", "John", "Jane Doe"})
	fmt.Println(err)
	_, err = command.Match("jnae doe", []string{"Joan", "John", "Jane Doe"})
	fmt.Println(err)
	// Output:
	// "jo" is ambiguous: Joan, John; write more of the name
	// "jnae doe" is unknown; did you mean Jane Doe?
}
