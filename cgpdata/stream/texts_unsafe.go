//go:build !purego

package stream

import "unsafe"

// texts makes the strings of tokens.
type texts struct{ pieces }

// view returns a text as a string that changes when the text does.
func view(text []byte) string { return unsafe.String(unsafe.SliceData(text), len(text)) }

// of returns a piece of a window as a string. It is the piece itself: see input.slide.
func (*texts) of(text []byte) string { return view(text) }
