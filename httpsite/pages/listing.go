package pages

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// partLen is how many entries of a folder the file manager shows at a time.
// Our choice.
const partLen = 1000

// place is where an entry stands in a folder: folders before files, then by what the
// folder is sorted by, then by name.
type place struct {
	folder bool
	value  int64 // size or time; 0 where the folder is sorted by name
	name   string
}

// listQuery tells which entries of a folder are shown, and in which order. Which part of
// them it is tells the place of its neighbour: however the folder changes meanwhile,
// nothing is passed over.
type listQuery struct {
	sort       string // "size", "modified"; "": by name
	descending bool
	find       string // what the names have in them, in any letter case; "": anything
	key        string // "after", "before", or "" for the first part
	at         place
	last       bool // "before" the end
}

func listQueryOf(values url.Values) listQuery {
	q := listQuery{find: values.Get("find"), descending: values.Get("order") == "down"}
	if by := values.Get("sort"); by == "size" || by == "modified" {
		q.sort = by
	}
	for _, key := range []string{"after", "before"} {
		if text := values.Get(key); values.Has(key) {
			if text != "" {
				q.key, q.at = key, q.parse(text)
			} else if key == "before" {
				q.key, q.last = key, true
			}
			break
		}
	}
	return q
}

// parse reads a place as format writes it: a name, with a slash behind that of a folder,
// and the value and a slash before it where there is one.
func (q listQuery) parse(text string) (p place) {
	p.name, p.folder = strings.CutSuffix(text, "/")
	if value, name, ok := strings.Cut(p.name, "/"); ok && q.sort != "" {
		p.value, _ = strconv.ParseInt(value, 10, 64)
		p.name = name
	}
	return p
}

func (q listQuery) format(p place) string {
	text := p.name
	if q.sort != "" {
		text = strconv.FormatInt(p.value, 10) + "/" + text
	}
	if p.folder {
		text += "/"
	}
	return text
}

func (q listQuery) placeOf(info filestore.FileInfo) place {
	p := place{folder: info.IsDir(), name: info.Name()}
	switch {
	case q.sort == "modified":
		p.value = info.ModTime().UnixNano()
	case q.sort == "size" && !p.folder:
		p.value = info.Size()
	}
	return p
}

func (q listQuery) compare(a, b place) int {
	if a.folder != b.folder {
		if a.folder {
			return -1
		}
		return 1
	}
	order := cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.name, b.name))
	if q.descending {
		return -order
	}
	return order
}

// String is the query of a URL, with its question mark.
func (q listQuery) String() string {
	values := url.Values{}
	set := func(key, value string) {
		if value != "" {
			values.Set(key, value)
		}
	}
	set("find", q.find)
	set("sort", q.sort)
	if q.descending {
		set("order", "down")
	}
	if q.key != "" {
		values.Set(q.key, "")
		if !q.last {
			values.Set(q.key, q.format(q.at))
		}
	}
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}

// to is the same query for another part.
func (q listQuery) to(key string, at *place) string {
	q.key, q.last, q.at = key, key != "" && at == nil, place{}
	if at != nil {
		q.at = *at
	}
	return PageName + q.String()
}

// placed is an entry with its place.
type placed struct {
	filestore.FileInfo
	place place
}

// part is some entries of a folder, and what the whole folder holds.
type part struct {
	entries []placed
	folder  filestore.Usage
	found   int64 // entries that may be shown
	before  int64 // those that come before these
}

// readPart goes through a folder once, and holds no more than two parts of it.
func readPart(ctx context.Context, view *filestore.View, dir string, q listQuery) (part, error) {
	var p part
	backwards := q.key == "before"
	find := strings.ToLower(q.find)
	earlier, candidates := int64(0), int64(0)
	var bound *place // what lies beyond it is in no part that is shown
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
		if find != "" && !strings.Contains(strings.ToLower(info.Name()), find) {
			continue
		}
		p.found++
		at := q.placeOf(info)
		switch {
		case q.key == "after" && q.compare(at, q.at) <= 0:
			earlier++
			continue
		case backwards && !q.last && q.compare(at, q.at) >= 0:
			continue
		}
		candidates++
		if bound != nil && (q.compare(at, *bound) > 0) != backwards {
			continue
		}
		if len(p.entries) == 2*partLen {
			p.entries = q.trim(p.entries, backwards)
			edge := p.entries[partLen-1].place
			if backwards {
				edge = p.entries[0].place
			}
			bound = &edge
		}
		p.entries = append(p.entries, placed{info, at})
	}
	p.entries = q.trim(p.entries, backwards)
	p.before = earlier
	if backwards {
		p.before = candidates - int64(len(p.entries))
	}
	return p, nil
}

// trim sorts entries, and leaves one part of them: the first, or the last.
func (q listQuery) trim(entries []placed, backwards bool) []placed {
	slices.SortFunc(entries, func(a, b placed) int { return q.compare(a.place, b.place) })
	n := min(len(entries), partLen)
	if backwards {
		return slices.Delete(entries, 0, len(entries)-n)
	}
	return slices.Delete(entries, n, len(entries))
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

// links returns nil if all that may be shown is.
func (p part) links(q listQuery) *partLinks {
	n := int64(len(p.entries))
	if n == p.found {
		return nil
	}
	l := &partLinks{From: p.before + 1, To: p.before + n, All: p.found}
	if p.before > 0 {
		l.First, l.Previous = q.to("", nil), q.to("before", nil)
		if n > 0 {
			l.Previous = q.to("before", &p.entries[0].place)
		}
	}
	if l.To < l.All {
		l.Next, l.Last = q.to("", nil), q.to("before", nil)
		if n > 0 {
			l.Next = q.to("after", &p.entries[n-1].place)
		}
	}
	return l
}

// column is the head of a column, by which the folder can be sorted.
type column struct {
	Title, Class, Link string
	Sort               string // for aria-sort; "": the folder is sorted by another one
}

// column returns that of a sort. Where the folder is sorted by it already, it turns the
// order around.
func (q listQuery) column(by, title, class string) column {
	c := column{Title: title, Class: class}
	turned := listQuery{sort: by, find: q.find, descending: by != ""} // the largest, and the newest, first
	if q.sort == by {
		c.Sort = "ascending"
		if q.descending {
			c.Sort = "descending"
		}
		turned.descending = !q.descending
	}
	c.Link = PageName + turned.String()
	return c
}
