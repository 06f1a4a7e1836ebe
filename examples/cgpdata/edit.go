package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/edit"
)

func (t *tool) format(args []string) error {
	return t.edit(args, (*edit.Document).Format)
}

func (t *tool) set(args []string) error {
	path, err := parsePath(args[0])
	if err != nil {
		return err
	}
	v, err := parseValue(args[1])
	if err != nil {
		return err
	}
	return t.edit(args[2:], func(d *edit.Document) error { return d.Set(path, v) })
}

func (t *tool) del(args []string) error {
	path, err := parsePath(args[0])
	if err != nil {
		return err
	}
	return t.edit(args[1:], func(d *edit.Document) error { return d.Delete(path) })
}

// edit changes a text: in place, or on the way to standard output.
func (t *tool) edit(args []string, change func(*edit.Document) error) error {
	work := func(in input) ([]byte, error) {
		d, err := edit.ParseDocument(in.text, t.options(in))
		if err == nil {
			err = change(d)
		}
		if err != nil {
			return nil, &fault{name: in.name, text: in.text, err: err}
		}
		return d.Bytes(), nil
	}
	if t.write {
		return replace(args, work)
	}
	in, err := t.read(args)
	if err != nil {
		return err
	}
	text, err := work(in)
	if err != nil {
		return err
	}
	return t.print(text)
}

// patience is how long a file is read again and again that changes while it is edited.
const patience = 10 * time.Second

// replace edits a file in place.
func replace(args []string, work func(input) ([]byte, error)) error {
	if len(args) == 0 || args[0] == "-" {
		return usageError{error: errors.New("-w needs a FILE")}
	}
	replaceOnce := func() error {
		return edit.ReplaceFile(args[0], func(old []byte) ([]byte, error) { return work(input{args[0], old}) })
	}
	err := replaceOnce()
	for deadline := time.Now().Add(patience); errors.Is(err, edit.ErrFileChanged) && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond + rand.N(10*time.Millisecond)) // so that editors do not meet again
		err = replaceOnce()
	}
	if _, ok := errors.AsType[*fault](err); err != nil && !ok {
		return &fault{name: args[0], err: err}
	}
	return err
}

// parsePath reads the argument PATH.
func parsePath(text string) (cgpdata.Path, error) {
	path, err := cgpdata.ParsePath(text)
	if err != nil {
		return nil, usageError{error: &fault{name: "PATH", text: []byte(text), err: err}}
	}
	return path, nil
}

// notFound is the error of a path that names nothing.
func notFound(path cgpdata.Path) error { return fmt.Errorf("%w at %v", edit.ErrNotFound, path) }

// parseValue reads the argument VALUE. There are no comments in it, or one would be lost,
// and http://host would be another value than it looks.
func parseValue(text string) (cgpdata.Value, error) {
	v, err := cgpdata.Parse([]byte(text), &cgpdata.Options{SingleLine: true})
	if err == nil {
		return v, nil
	}
	f := &fault{name: "VALUE", text: []byte(text), err: err}
	if text == "" || !strings.Contains(`{([#<"`, text[:1]) {
		f.hint = fmt.Sprintf("to set a string, write it with both kinds of quotes: '%v'", cgpdata.String(text))
	}
	return v, usageError{error: f}
}
