package store

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// How much of one text is indexed. PostgreSQL can tell the places of 16,383 words
// from each other, and refuses more than a megabyte of them.
const (
	maxWords     = 16_000
	maxWordBytes = 256 << 10
	maxWordRunes = 100
)

// searchWords are the words of a text as they are indexed and searched for, with
// a space between: without case, accents, and what stands between words. In
// scripts that write no spaces each character is a word, so that a phrase finds
// any part of a sentence. Pictures are words, too.
func searchWords(text string) string {
	var b strings.Builder
	words, length := 0, 0 // length is that of the word that is being written, in runes
	begin := func() bool {
		if words == maxWords || b.Len() > maxWordBytes {
			return false
		}
		if words > 0 {
			b.WriteByte(' ')
		}
		words++
		return true
	}
	for _, r := range plainLetters(text) {
		switch {
		case r >= firstUnspaced && unicode.In(r, unspaced...):
			length = 0
			if !begin() {
				return b.String()
			}
			b.WriteRune(r)
		case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r):
			if length == 0 && !begin() {
				return b.String()
			}
			if length++; length <= maxWordRunes {
				b.WriteRune(r)
			}
		case unicode.Is(unicode.So, r):
			length = 0
			if !begin() {
				return b.String()
			}
			fmt.Fprintf(&b, "u%x", r) // a word to both engines, whatever their locale
		default:
			length = 0
		}
	}
	return b.String()
}

// unspaced are the scripts that write no spaces between words.
var unspaced = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar}

// firstUnspaced is the lowest character of those scripts, so that most others need
// not be looked up.
const firstUnspaced = '\u0e00'

// accents are the marks over and under letters of European scripts. In others
// marks are vowels.
var accents = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x300, Hi: 0x36f, Stride: 1}, {Lo: 0xfe00, Hi: 0xfe0f, Stride: 1}}}

// plainLetters is a text without the differences that nobody types when they
// search: case, accents, width, ligatures, and marks that can not be seen.
func plainLetters(text string) string {
	text = clipped(strings.ToValidUTF8(text, " "))
	if isASCII(text) {
		return strings.ToLower(text)
	}
	text = cases.Fold().String(strings.ToLower(norm.NFKD.String(text)))
	return norm.NFKC.String(strings.Map(func(r rune) rune {
		if unicode.In(r, accents, unicode.Cf) {
			return -1
		}
		return r
	}, text))
}

// clipped leaves of a text what may have as many words as are indexed.
func clipped(text string) string {
	const most = 4 * maxWordBytes
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "")
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}
