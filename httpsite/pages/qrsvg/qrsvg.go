// Package qrsvg draws QR codes as SVG, to stand in a web page: links that a telephone is
// to open.
//
//	svg, err := qrsvg.Draw("https://client1.com/~john/", "the address of John's site")
//
// Black stands on white in every colour scheme, as scanners want it. Colours are
// presentation attributes, so that a policy against styles in a page leaves them.
//
// Sources: ISO/IEC 18004; Scalable Vector Graphics (SVG) 2.
package qrsvg

import (
	"errors"
	"fmt"
	"html"
	"strings"

	"rsc.io/qr"
)

// MaxBytes is the longest text, in bytes: more makes a code that telephones do not read
// from a screen. Our choice; QR codes have room for 2,331 bytes at this level.
const MaxBytes = 1000

// ErrTooLong is the error for a text above [MaxBytes].
var ErrTooLong = errors.New("qrsvg: text is too long")

// quiet is how wide the empty space around a code is, in modules (ISO/IEC 18004, "quiet
// zone").
const quiet = 4

// Draw returns the code of a text, as bytes that readers take for UTF-8; a seventh of it
// may be hidden (level M). title says what it is, to those who do not see it.
func Draw(text, title string) (string, error) {
	if len(text) > MaxBytes {
		return "", ErrTooLong
	}
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("qrsvg: %w", err)
	}
	size := code.Size + 2*quiet
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="qr" role="img" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %[1]d" shape-rendering="crispEdges"><title>%s</title>`,
		size, html.EscapeString(title))
	fmt.Fprintf(&b, `<rect width="%d" height="%[1]d" fill="#fff"/><path fill="#000" d="`, size)
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for code.Black(x, y) { // false beyond the code
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%[3]dz", from+quiet, y+quiet, x-from)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}
