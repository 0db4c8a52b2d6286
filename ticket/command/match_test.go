package command_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"deskpost/ticket/command"
)

func people() []string {
	return []string{"Jane Doe", "Joan", "John", "John Smith", "Jürgen", "O'Brien", "max.power", "VPN", "vpn", "Online-Banking", "---", "李雷"}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Jane Doe":       "Jane Doe",
		"jane doe":       "Jane Doe",
		"JANEDOE":        "Jane Doe",
		"jane.doe":       "Jane Doe",
		"jane_doe":       "Jane Doe",
		"jane–doe":       "Jane Doe",
		"Jane\u00a0Doe":  "Jane Doe",
		"jane\u200b doe": "Jane Doe",
		"ｊａｎｅ":           "Jane Doe",
		"ja":             "Jane Doe",
		"john":           "John", // exact beats the prefix of John Smith
		"johns":          "John Smith",
		"VPN":            "VPN", // spelled exactly so beats equal letters
		"vpn":            "vpn",
		"jürgen":         "Jürgen",
		"JÜRGEN":         "Jürgen",
		"o'brien":        "O'Brien",
		"Max Power":      "max.power",
		"online":         "Online-Banking",
		"online banking": "Online-Banking",
		"onlinebanking":  "Online-Banking",
		"---":            "---",
		"李":              "李雷",
	} {
		if got, err := command.Match(name, people()); err != nil || got != want {
			t.Errorf("Match(%q) = %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestMatchAmbiguous(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"jo":  {"Joan", "John", "John Smith"},
		"J":   {"Jane Doe", "Joan", "John", "John Smith", "Jürgen"},
		"Vpn": {"VPN", "vpn"},
	} {
		_, err := command.Match(name, people())
		a, ok := errors.AsType[*command.Ambiguous](err)
		if !ok || !slices.Equal(a.Candidates, want) {
			t.Errorf("Match(%q): %v, want ambiguous %q", name, err, want)
		}
	}
	if got, err := command.Match("joan", []string{"Joan", "Joan"}); err != nil || got != "Joan" {
		t.Errorf("the same candidate twice: %q, %v", got, err)
	}
	_, err := command.Match("jo", []string{"John", "Joan"})
	if want := `"jo" is ambiguous: Joan, John; write more of the name`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = command.Match("a", strings.Fields("a1 a2 a3 a4 a5 a6 a7 a8 a9 a0"))
	if err == nil || !strings.Contains(err.Error(), "a7 and 2 more") {
		t.Errorf("long list: %v", err)
	}
}

func TestMatchUnknown(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"jnae doe":  `"jnae doe" is unknown; did you mean Jane Doe?`,
		"Jurgen":    `"Jurgen" is unknown; did you mean Jürgen?`,
		"doe":       `"doe" is unknown; did you mean Jane Doe?`,
		"zaphod":    `"zaphod" is unknown: check the spelling`,
		"":          "the name is missing: write it after the command",
		" \u200b":   "the name is missing: write it after the command",
		"..":        `".." is unknown: check the spelling`,
		"a\x1b[2Jb": `"a\x1b[2Jb" is unknown: check the spelling`,
	} {
		got, err := command.Match(name, people())
		if u, ok := errors.AsType[*command.Unknown](err); !ok || u.Error() != want || got != "" {
			t.Errorf("Match(%q) = %q, %v; want %s", name, got, err, want)
		}
	}
	if _, err := command.Match("", []string{""}); err == nil {
		t.Error("an empty name matched an empty candidate")
	}
	_, err := command.Match(strings.Repeat("x", 10000), people())
	if err == nil || len(err.Error()) > 200 {
		t.Errorf("the error for a long name is %d bytes long", len(err.Error()))
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	verbs := strings.Fields("reply note close resolve open pending hold priority assign take dept tag untag cc untie")
	for word, want := range map[string]string{
		"ntoe":       "note",
		"Note":       "note",
		"nte":        "note",
		"prioirty":   "priority",
		"prority":    "priority",
		"clsoe":      "close",
		"closed":     "close",
		"asign":      "assign",
		"prior":      "priority", // too far by letters, but a part of one word only
		"repyl":      "reply",
		"tga":        "tag",
		"unta":       "untag", // before untie, which is as near, by order
		"hashtag":    "",
		"x":          "",
		"":           "",
		"xyzzyplugh": "",
	} {
		if got := command.Suggest(word, verbs); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", word, got, want)
		}
	}
	if got := command.Suggest("bat", []string{"cat", "bar"}); got != "bar" {
		t.Errorf("the same first letter should decide: got %q", got)
	}
	if got := command.Suggest("doe", []string{"Jane Doe", "John Doe"}); got != "" {
		t.Errorf("two names contain it: got %q", got)
	}
	if got := command.Suggest(strings.Repeat("a", 65), []string{strings.Repeat("a", 65)}); got != "" {
		t.Errorf("words above the limit are not compared: got %q", got)
	}
}
