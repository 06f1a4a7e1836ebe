package edit

import (
	"slices"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// Append adds v to the end of the array that path names. Errors are as for
// [Document.Set].
func (d *Document) Append(path cgpdata.Path, v cgpdata.Value) error {
	return failed("append", d.append(path, v))
}

func (d *Document) append(path cgpdata.Path, v cgpdata.Value) error {
	if err := d.inside(path, cgpdata.Index(0)); err != nil {
		return err
	}
	target := append(slices.Clip(path), cgpdata.Index(d.length(path)))
	if d.hasIndex() {
		return d.locally(target, true, func(e *Document, target cgpdata.Path) error { return e.appendIn(target, v) })
	}
	return d.appendIn(target, v)
}

func (d *Document) appendIn(target cgpdata.Path, v cgpdata.Value) error {
	path := target[:len(target)-1]
	e := d.edit(target)
	o := e.find(path)
	if len(o.items) == 0 {
		return e.fill(&o, path, cgpdata.Array(v))
	}
	last := o.items[len(o.items)-1]
	lead, own := e.lead(&o, last)
	if len(o.items) == 1 && lead == "" && e.indents() {
		lead = " "
	}
	e.line = e.lineOf(last.start)
	text, err := e.newValue(v, own && e.indents())
	switch {
	case err != nil:
		return err
	case last.ended: // with a comma, as the new one will be
		return e.document.apply(e.behind(last.stop, lead, text+","))
	}
	return e.document.apply(splice{last.end, last.end, ","}, e.behind(last.end, lead, text))
}
