package safehtml

import (
	"regexp"
	"slices"
	"strings"
)

const (
	maxStyle = 8 << 10 // bytes of a style attribute
	maxValue = 200     // bytes of a value in it
)

// properties are those of CSS that a letter needs. What takes an element out of
// its place (position, z-index, transform), draws what is not in the text (content,
// background-image) or makes it move is not among them.
var properties = strings.Fields(`
	background background-color border border-bottom border-bottom-color border-bottom-style border-bottom-width
	border-collapse border-color border-left border-left-color border-left-style border-left-width border-radius
	border-right border-right-color border-right-style border-right-width border-spacing border-style border-top
	border-top-color border-top-style border-top-width border-width box-sizing clear color direction display
	float font font-family font-size font-style font-variant font-weight height letter-spacing line-height
	list-style list-style-position list-style-type margin margin-bottom margin-left margin-right margin-top
	max-height max-width min-height min-width overflow-wrap padding padding-bottom padding-left padding-right
	padding-top table-layout text-align text-align-last text-decoration text-decoration-line text-indent
	text-transform unicode-bidi vertical-align white-space width word-break word-spacing word-wrap`)

// plainValue is a value of words, numbers, lengths and colours.
var plainValue = regexp.MustCompile(`^(?:[a-z0-9#%.,+ /_-]|\b(?:rgb|rgba|hsl|hsla)\([0-9%., /deg-]*\))+$`)

// cleanStyle keeps the declarations of a style attribute (CSS style attributes,
// section 3) that are on the list and say something plain. It is written anew from
// these pieces and nothing of the rest, so whatever else a browser's parser might
// find in the original, in comments, escapes or quotes, is not there any more.
func cleanStyle(style string) string {
	if len(style) > maxStyle {
		return ""
	}
	var kept []string
	for declaration := range strings.SplitSeq(style, ";") {
		property, value, ok := strings.Cut(declaration, ":")
		if !ok {
			continue
		}
		property = strings.ToLower(strings.TrimSpace(property))
		if _, listed := slices.BinarySearch(properties, property); !listed {
			continue
		}
		if value = cleanValue(property, value); value != "" {
			kept = append(kept, property+": "+value)
		}
	}
	return strings.Join(kept, "; ")
}

// cleanValue is a plain value, or "".
func cleanValue(property, value string) string {
	value = strings.ToLower(value)
	if property == "font-family" || property == "font" {
		value = strings.NewReplacer(`"`, "", "'", "").Replace(value) // a name of several words needs none
	}
	value, _, _ = strings.Cut(value, "!") // nothing is there to be outdone
	value = strings.Join(strings.Fields(value), " ")
	if len(value) > maxValue || !plainValue.MatchString(value) {
		return ""
	}
	return value
}
