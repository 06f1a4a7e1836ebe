package filestore

import (
	"context"
	"iter"
	"sync"

	"github.com/cgpkit/cgpkit/meta"
)

// Describer is an addition to [FS] for whoever looks at entries and at their attributes.
type Describer interface {
	// Describe is Stat, and brings the attributes that Attributes would tell of. Where
	// there are none it is one call of a store.
	Describe(ctx context.Context, name string) (Described, error)
	// ListAttributes is List, and brings the attributes that Attributes would tell of
	// each entry. It is one call of a store as well.
	ListAttributes(ctx context.Context, dir, after string) iter.Seq2[Described, error]
}

// Described is an entry with its attributes.
type Described struct {
	FileInfo
	// Attributes are those that the caller may know of. They are empty if they cannot
	// be understood.
	Attributes []meta.Attribute
}

// Describe implements [Describer].
func (v *View) Describe(ctx context.Context, name string) (_ Described, err error) {
	defer v.begin(ctx, "Describe", name, "").end(&err)
	a, info, err := v.stat(ctx, name)
	if err != nil {
		return Described{}, err
	}
	d := Described{FileInfo: a.show(name, info)}
	if info.Sidecar() == nil && a.name != freeBusyFile { // which may be built, and have one
		return d, nil
	}
	asked, err := v.enterAny(ctx, "read attributes", name, toDescribe, toSetGrants)
	if err == nil {
		var of document
		if of, err = asked.document(ctx, a.name); of.Document != nil {
			d.Attributes = known(of.Attributes(), asked.rights)
		}
	}
	if err != nil && ctx.Err() != nil {
		return Described{}, err
	}
	return d, nil // what may not be known, or cannot be understood, is left out
}

// ListAttributes implements [Describer].
func (v *View) ListAttributes(ctx context.Context, dir, after string) iter.Seq2[Described, error] {
	return observed(ctx, v, "ListAttributes", dir, func(yield func(Described, error) bool) {
		a, err := v.read(ctx, "list", dir, toList)
		if err != nil {
			yield(Described{}, err)
			return
		}
		asked := a
		asked.asked = new(int64) // what may be shown is asked for apart
		inside := sync.OnceValue(func() meta.Rights { return v.inside(ctx, asked, a.name) })
		for info, err := range v.list(ctx, a, after, !v.caller.IsStranger()) {
			if err != nil {
				if !yield(Described{}, a.hideListed(dir, err)) {
					return
				}
				continue
			}
			d := Described{FileInfo: info}
			if s := info.Sidecar(); s != nil && s.Content != nil && a.mount == "" {
				rights := a.rights
				if !a.privileged {
					rights = v.describable(ctx, asked, info, inside)
				}
				if rights != 0 {
					d.Attributes = attributesIn(s.Content, rights)
				}
			}
			d.FileInfo = a.show(Join(dir, info.Name()), info)
			if !yield(d, nil) {
				return
			}
		}
	})
}

// describable returns what a list lets the caller do with an entry. What fails gives
// nothing.
func (v *View) describable(ctx context.Context, a access, entry FileInfo, inside func() meta.Rights) meta.Rights {
	if a.share || v.caller.IsStranger() {
		return 0
	}
	f, _ := v.foundIn(ctx, a, entry, inside())
	return f.on
}

// attributesIn returns the attributes of a sidecar that these rights let somebody
// know of.
func attributesIn(sidecar []byte, rights meta.Rights) []meta.Attribute {
	d, err := meta.Parse(sidecar)
	if err != nil {
		return nil
	}
	return known(d.Attributes(), rights)
}
