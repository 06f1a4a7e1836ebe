package edit

import (
	"slices"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// Rename gives the last key of path another name. Its pair stays where it is, even if
// the keys then no longer ascend. The error is [ErrNotFound], [ErrExists], or one of a
// path that does not end in a key or of a key that the text cannot have.
func (d *Document) Rename(path cgpdata.Path, key string) error {
	return failed("rename", d.rename(path, key))
}

func (d *Document) rename(path cgpdata.Path, key string) error {
	if len(path) == 0 {
		return errWhole
	}
	way, last := path[:len(path)-1], path[len(path)-1]
	if isIndex(last) {
		return at(errNoKey, path)
	}
	if err := d.inside(way, last); err != nil {
		return err
	}
	other := append(slices.Clip(way), cgpdata.Key(key))
	if _, ok := d.kind(path); !ok {
		return at(ErrNotFound, path)
	} else if key == keyOf(last) {
		return nil
	} else if _, ok := d.kind(other); ok {
		return at(ErrExists, other)
	}
	if d.hasIndex() {
		return d.locally(path, false, func(e *Document, path cgpdata.Path) error { return e.renameIn(path, key) })
	}
	return d.renameIn(path, key)
}

func (d *Document) renameIn(path cgpdata.Path, key string) error {
	way, last := path[:len(path)-1], path[len(path)-1]
	e := d.edit(path)
	o := e.find(way)
	text, err := e.newKey(key)
	if err != nil {
		return err
	}
	var changes []splice
	for _, it := range o.items {
		if it.key == keyOf(last) {
			changes = append(changes, splice{it.start, it.keyEnd, text})
		}
	}
	return e.document.apply(changes...)
}
