package client

import (
	"io/fs"
	"strconv"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// wordFormat leaves only letters and digits without quotes, as every version reads
// them.
var wordFormat = &cgpdata.Format{Atoms: cgpdata.Atoms1999}

// word adds words as they are.
func (c *command) word(words ...string) *command {
	for _, w := range words {
		c.head = append(append(c.head, ' '), w...)
	}
	return c
}

// value adds a value in single-line form. One that a line cannot hold is the error
// of the command.
func (c *command) value(v cgpdata.Value) *command {
	text, err := cgpdata.Append(append(c.head, ' '), v, wordFormat)
	if err != nil {
		c.err = &fs.PathError{Op: "cli", Path: c.name, Err: err}
		return c
	}
	c.head = text
	return c
}

// text adds a string.
func (c *command) text(s string) *command {
	if strings.ContainsRune(s, 0) { // which the format forbids
		c.err = &fs.PathError{Op: "cli", Path: c.name, Err: fs.ErrInvalid}
		return c
	}
	return c.value(cgpdata.String(s))
}

// account adds an account; "" and "*" are the one that has logged in.
func (c *command) account(name string) *command {
	if name == "" || name == "*" {
		return c.word("*")
	}
	return c.text(name)
}

// option adds a word and a string.
func (c *command) option(name, s string) *command { return c.word(name).text(s) }

// number adds a word and a number.
func (c *command) number(name string, n int64) *command {
	if n < 0 {
		c.err = &fs.PathError{Op: "cli", Path: c.name, Err: fs.ErrInvalid}
	}
	return c.word(name, strconv.FormatInt(n, 10))
}

// content adds data.
func (c *command) content(data []byte) *command {
	c.data, c.block = data, true
	return c
}
