package grammar

import "errors"

// The limits of a text.
const (
	DefaultBytes = 64 << 20
	CeilingBytes = 1<<31 - 1 // positions in a text are int32
	DefaultDepth = 128
	CeilingDepth = 10_000 // writing recurses
	DefaultItems = 1 << 20
	MaxWarnings  = 100
)

// The errors of a text that breaks one.
var (
	ErrSize  = errors.New("text longer than MaxBytes")
	ErrDepth = errors.New("nested deeper than MaxDepth")
	ErrItems = errors.New("more values than MaxItems")
)

// OrDefault returns n, or the default if n is not positive, or ceiling if n is above it.
func OrDefault[N int | int64](n, otherwise, ceiling N) N {
	if n <= 0 {
		return otherwise
	}
	return min(n, ceiling)
}
