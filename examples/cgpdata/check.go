package main

import (
	"errors"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// maxFaults is how many errors cgpdata.Check returns at most.
const maxFaults = 100

func (t *tool) check(args []string) error {
	if len(args) == 0 {
		args = []string{"-"}
	}
	var err error
	for _, name := range args {
		in, readErr := t.read([]string{name})
		if readErr != nil {
			t.report(readErr)
			err = errReported
			continue
		}
		faults := cgpdata.Check(in.text, nil)
		for _, e := range faults {
			t.report(&fault{name: in.name, text: in.text, err: e})
			err = errReported
		}
		if len(faults) == maxFaults {
			t.report(&fault{name: in.name, err: errors.New("too many errors, the rest is not shown")})
		}
		t.oddKeys(in)
	}
	return err
}
