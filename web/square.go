package web

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// A square is a QR code (ISO/IEC 18004) as a path of an SVG drawing, one unit a
// module.
type square struct {
	Size int // with the margin
	Path string
}

// quietZone is the margin that a reader needs.
const quietZone = 4

// drawSquare draws a text.
func drawSquare(text string) (*square, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("draw a QR code: %w", err)
	}
	size := code.Bounds().Dx()
	dark := func(x, y int) bool { return x < size && color.GrayModel.Convert(code.At(x, y)) == color.Gray{} }
	var path strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			from := x
			for dark(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quietZone, y+quietZone, x-from, x-from)
			}
		}
	}
	return &square{size + 2*quietZone, path.String()}, nil
}
