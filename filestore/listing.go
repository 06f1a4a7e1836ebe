package filestore

import (
	"context"
	"errors"
	"io/fs"
	"iter"
)

// maxAhead is how many entries of a listing are read before the first is sent, so that
// most of what cannot be listed is told at once. Our choice.
const maxAhead = 256

// Listing is a listing as a way in sends it, in byte order of names. It holds a few
// entries, however long it is. It is for one goroutine.
type Listing struct {
	first []FileInfo
	next  func() (FileInfo, error, bool)
	stop  func()
	keep  func(FileInfo) bool
	left  error // why entries are left out
	dir   string
}

// BeginListing begins a listing of those entries of dir that keep wants; nil: of
// all. The error tells that nothing can be listed; it comes before anything is
// sent. Whoever gets a Listing closes it.
func BeginListing(ctx context.Context, files FS, dir string, keep func(FileInfo) bool) (*Listing, error) {
	l := &Listing{dir: dir, keep: keep}
	l.next, l.stop = iter.Pull2(files.List(ctx, dir, ""))
	for len(l.first) < maxAhead {
		info, err := l.pull()
		if info == nil && err == nil && len(l.first) == 0 {
			err = l.left
		}
		if err != nil {
			l.Close()
			return nil, err
		}
		if info == nil {
			break
		}
		l.first = append(l.first, info)
	}
	return l, nil
}

// pull returns the next entry; nil at the end. An error is about the whole.
func (l *Listing) pull() (FileInfo, error) {
	for {
		info, err, ok := l.next()
		switch {
		case !ok:
			return nil, nil
		case err == nil && (l.keep == nil || l.keep(info)):
			return info, nil
		case err == nil:
			continue
		case !l.aboutEntry(err):
			return nil, err
		}
		l.left = err
	}
}

// aboutEntry reports whether an error leaves out one entry, and not what follows.
func (l *Listing) aboutEntry(err error) bool {
	var p *fs.PathError
	return !errors.As(err, &p) || p.Path != Redact(l.dir)
}

// All yields the entries, once. An error is the last that
// comes: what was listed by then is not all there is, and must not look so.
func (l *Listing) All() iter.Seq2[FileInfo, error] {
	return func(yield func(FileInfo, error) bool) {
		for _, info := range l.first {
			if !yield(info, nil) {
				return
			}
		}
		clear(l.first)
		for {
			info, err := l.pull()
			if info == nil && err == nil || !yield(info, err) || err != nil {
				return
			}
		}
	}
}

// Empty reports whether nothing is listed.
func (l *Listing) Empty() bool { return len(l.first) == 0 }

// Left returns why an entry was left out, if one was so far: it cannot be read.
func (l *Listing) Left() error { return l.left }

// Close ends the listing. It may be called again.
func (l *Listing) Close() { l.stop() }
