package main

import (
	"bufio"
	"fmt"

	"github.com/cgpkit/cgpkit/cgpdata/jsonform"
	"github.com/cgpkit/cgpkit/cgpdata/tbd"
)

func (t *tool) tbd(args []string) error {
	name, r, err := t.open(args)
	if err != nil {
		return err
	}
	defer r.Close()
	var bad error
	warn := func(e *tbd.SyntaxError) { // a field is not among the pairs
		if t.lenient {
			e.Err = fmt.Errorf("tolerated: %w", e.Err)
		} else {
			bad = errReported
		}
		t.report(&fault{name: name, err: e})
	}
	table, err := tbd.NewReader(r, &tbd.Options{Lenient: t.lenient, Warn: warn})
	if err != nil {
		return &fault{name: name, err: err}
	}
	out := bufio.NewWriter(t.stdout)
	var line []byte
	for record, err := range table.Records() {
		if err == nil {
			line, err = jsonform.Append(line[:0], record.Value(), "")
		}
		if err == nil {
			if _, err := out.Write(append(line, '\n')); err != nil {
				return &fault{name: "stdout", err: err}
			}
			continue
		}
		t.report(&fault{name: name, err: err})
		bad = errReported
	}
	if err := out.Flush(); err != nil {
		return &fault{name: "stdout", err: err}
	}
	return bad
}
