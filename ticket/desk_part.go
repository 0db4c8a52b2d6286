package ticket

import (
	"crypto/subtle"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// partLife is how long an address made by PartAddress works.
const partLife = 10 * time.Minute

// PartAddress names a part of a raw mail to a browser that sends no cookies along,
// as a frame without an origin of its own does. Whoever makes one has asked first
// whether the reader may have the mail; whoever knows one may have the part, for
// ten minutes. It is of letters, digits, dots and hyphens.
func (d *Desk) PartAddress(raw Sum, part string) string {
	fields := []string{hex.EncodeToString(raw[:]), part, strconv.FormatInt(d.Now().Add(partLife).Unix(), 36)}
	return strings.Join(append(fields, d.Keys.signing().partMAC(fields)), "-")
}

// PartAt is what a PartAddress names, as a file of which only the place is known.
// The error is a Refusal if this desk made no such address, or its time is over.
func (d *Desk) PartAt(address string) (File, error) {
	none := refuse(NotFound, "there is no such picture, or its address is too old: open the mail again")
	fields := strings.Split(address, "-")
	if len(fields) != 4 {
		return File{}, none
	}
	fields, mac := fields[:3], fields[3]
	signed := false
	for _, key := range d.Keys {
		signed = signed || subtle.ConstantTimeCompare([]byte(key.partMAC(fields)), []byte(mac)) == 1
	}
	sum, err := hex.DecodeString(fields[0])
	if !signed || err != nil || len(sum) != len(Sum{}) {
		return File{}, none
	}
	until, err := strconv.ParseInt(fields[2], 36, 64)
	if err != nil || !d.Now().Before(time.Unix(until, 0)) {
		return File{}, none
	}
	return File{Name: "part-" + fields[1], Raw: Sum(sum), Part: fields[1]}, nil
}

func (k Key) partMAC(fields []string) string { return k.mac(append([]string{"part"}, fields...)...) }
