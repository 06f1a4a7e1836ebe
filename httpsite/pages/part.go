package pages

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"slices"

	"github.com/cgpkit/cgpkit/filestore"
)

// partLen is how many entries of a folder the management page shows at a time.
// Our choice.
const partLen = 1000

// partQuery tells which part of a folder the page shows, by the name of its
// neighbour: however the folder changes meanwhile, nothing is passed over.
type partQuery struct {
	key  string // "after", "before", or "" for the first part
	name string // "before" without a name is the last part
}

func partOf(query url.Values) partQuery {
	for _, key := range []string{"after", "before"} {
		if query.Has(key) {
			return partQuery{key, query.Get(key)}
		}
	}
	return partQuery{}
}

// String is the query of a URL, with its question mark.
func (q partQuery) String() string {
	if q.key == "" {
		return ""
	}
	return "?" + url.Values{q.key: {q.name}}.Encode()
}

// part is some entries of a folder, by name, and what the whole folder holds.
type part struct {
	entries []filestore.FileInfo
	folder  filestore.Usage
	before  int64 // entries of the folder that come before these
}

// readPart goes through a folder once, and holds no more than two parts of it.
func readPart(ctx context.Context, view *filestore.View, dir string, q partQuery) (part, error) {
	var p part
	backwards := q.key == "before"
	passed, candidates := int64(0), int64(0)
	for info, err := range view.List(ctx, dir, "") {
		if err != nil {
			if gone(err, dir) {
				continue
			}
			return part{}, err
		}
		p.folder.Files++
		if !info.IsDir() {
			p.folder.Bytes += info.Size()
		}
		switch {
		case q.key == "after" && info.Name() <= q.name:
			passed++
			continue
		case backwards && q.name != "" && info.Name() >= q.name:
			continue
		}
		candidates++
		switch {
		case len(p.entries) < partLen || backwards && len(p.entries) < 2*partLen:
			p.entries = append(p.entries, info)
		case backwards: // the last ones are shown
			p.entries = append(slices.Delete(p.entries, 0, partLen), info)
		}
	}
	p.before = passed
	if backwards {
		p.entries = p.entries[max(0, len(p.entries)-partLen):]
		p.before = candidates - int64(len(p.entries))
	}
	return p, nil
}

// gone reports whether an error is about one entry of dir that somebody removes
// at this moment, and not about dir.
func gone(err error, dir string) bool {
	var p *fs.PathError
	return errors.Is(err, fs.ErrNotExist) && errors.As(err, &p) && p.Path != dir
}

// partLinks lead to the other parts of a folder; "" where there is none. From is
// greater than To in a part with no entries: those that it showed have gone.
type partLinks struct {
	From, To, All               int64
	First, Previous, Next, Last string
}

// links returns nil if the folder is shown as a whole.
func (p part) links() *partLinks {
	n := int64(len(p.entries))
	if n == p.folder.Files {
		return nil
	}
	l := &partLinks{From: p.before + 1, To: p.before + n, All: p.folder.Files}
	if p.before > 0 {
		l.First, l.Previous = PageName, PageName+partQuery{"before", ""}.String()
		if n > 0 {
			l.Previous = PageName + partQuery{"before", p.entries[0].Name()}.String()
		}
	}
	if l.To < l.All {
		l.Next, l.Last = PageName, PageName+partQuery{"before", ""}.String()
		if n > 0 {
			l.Next = PageName + partQuery{"after", p.entries[n-1].Name()}.String()
		}
	}
	return l
}
