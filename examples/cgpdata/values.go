package main

import (
	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/jsonform"
)

// value reads the value of a text.
func (t *tool) value(args []string) (in input, v cgpdata.Value, err error) {
	if in, err = t.read(args); err != nil {
		return in, v, err
	}
	if v, err = cgpdata.Parse(in.text, t.options(in)); err != nil {
		return in, v, &fault{name: in.name, text: in.text, err: err}
	}
	return in, v, nil
}

func (t *tool) json(args []string) error {
	in, v, err := t.value(args)
	if err != nil {
		return err
	}
	form, err := jsonform.Append(nil, v, "  ")
	if err != nil {
		return &fault{name: in.name, err: err}
	}
	return t.printLine(form)
}

func (t *tool) fromJSON(args []string) error {
	in, err := t.read(args)
	if err != nil {
		return err
	}
	o := t.options(in)
	o.MaxBytes = maxJSON
	v, err := jsonform.Parse(in.text, o)
	if err != nil {
		return &fault{name: in.name, text: in.text, err: err}
	}
	text, err := cgpdata.Append(nil, v, t.layout(cgpdata.Settings))
	if err != nil {
		return &fault{name: in.name, err: err}
	}
	return t.print(text)
}

// layout returns how to write a text in which all values may stand that are read.
func (t *tool) layout(layout cgpdata.Layout) *cgpdata.Format {
	f := &cgpdata.Format{Layout: layout, AllYears: true}
	if t.lenient {
		f.Allow = cgpdata.Lenient
	}
	return f
}

func (t *tool) get(args []string) error {
	path, err := parsePath(args[0])
	if err != nil {
		return err
	}
	in, v, err := t.value(args[1:])
	if err != nil {
		return err
	}
	v, ok := v.Lookup(path)
	if !ok {
		return &fault{name: in.name, err: notFound(path)}
	}
	if t.raw && v.Kind() == cgpdata.KindString {
		return t.print([]byte(v.Text() + "\n"))
	}
	text, err := cgpdata.Append(nil, v, t.layout(cgpdata.SingleLine))
	if err != nil { // an XML or object has line ends, which stay in the other layouts
		text, err = cgpdata.Append(nil, v, t.layout(cgpdata.Settings))
	}
	if err != nil {
		return &fault{name: in.name, err: err}
	}
	return t.printLine(text)
}
