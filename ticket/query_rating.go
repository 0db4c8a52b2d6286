package ticket

import (
	"regexp"
	"strconv"
	"strings"
)

// ratingWord is what a list of rated tickets is asked for by.
var ratingWord = regexp.MustCompile(`^rating(:|<=?|>=?)(.*)$`)

// narrowByRating applies a word about how the requester rated a ticket, such as
// "rating:5" or "rating<3". It reports whether the word was one.
func narrowByRating(f *Filter, word string) (bool, error) {
	m := ratingWord.FindStringSubmatch(strings.ToLower(word))
	if m == nil {
		return false, nil
	}
	stars, err := strconv.Atoi(m[2])
	from, to := 1, BestRating
	switch m[1] {
	case ":":
		from, to = stars, stars
	case "<":
		to = stars - 1
	case "<=":
		to = stars
	case ">":
		from = stars + 1
	case ">=":
		from = stars
	}
	if f.StarsTo == 0 {
		f.StarsFrom, f.StarsTo = 1, BestRating
	}
	f.StarsFrom, f.StarsTo = max(f.StarsFrom, from), min(f.StarsTo, to)
	if err != nil || stars < 1 || stars > BestRating || f.StarsFrom > f.StarsTo {
		return true, refuse(Invalid, "ratings are from 1 to %d, and there are none that %q leaves: write such as rating:5 or rating<3", BestRating, word)
	}
	return true, nil
}
