package ftpsite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// entry is a file or directory as listings show it.
type entry struct {
	name     string
	size     int64
	modified time.Time // UTC
	dir      bool
}

// noTime stands for the time of what has none: FTP has no word for that.
var noTime = time.Unix(0, 0).UTC()

func newEntry(found filestore.FileInfo) entry {
	e := entry{name: found.Name(), modified: found.ModTime().UTC(), dir: found.IsDir()}
	if found.ModTime().IsZero() { // nothing has ever been stored
		e.modified = noTime
	}
	if !e.dir {
		e.size = found.Size()
	}
	return e
}

// stat tells what is at p.
func (s *session) stat(p place) (entry, error) {
	if p.Empty() {
		return entry{name: "/", modified: noTime, dir: true}, nil
	}
	found, err := p.View.Stat(s.ctx, p.Name)
	if err != nil {
		return entry{}, err
	}
	return newEntry(found), nil
}

// listing is what LIST, NLST, MLSD and STAT show. Whoever gets one closes it.
type listing struct {
	dir   *filestore.Listing // nil: of no directory
	one   *entry             // the file that was named; else nil
	named bool               // the entries were named, one or by a pattern
}

func (l listing) close() {
	if l.dir != nil {
		l.dir.Close()
	}
}

// entries yields what is listed, once.
func (l listing) entries(yield func(entry, error) bool) {
	if l.one != nil {
		yield(*l.one, nil)
	}
	if l.dir == nil {
		return
	}
	for found, err := range l.dir.All() {
		if err != nil {
			yield(entry{}, err)
			return
		}
		if !yield(newEntry(found), nil) {
			return
		}
	}
}

// look finds out what an argument of LIST, NLST or STAT means: a directory, a file,
// or a pattern for the names in one directory.
func (s *session) look(ctx context.Context, arg string) (listing, error) {
	name := withoutFlags(arg)
	full := s.absolute(name)
	l, err := s.lookAt(ctx, full, nil)
	switch {
	case err == nil:
	case errors.Is(err, filestore.ErrNotDirectory) && !strings.HasSuffix(name, "/"):
		return s.lookAtFile(full)
	case errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(path.Base(full), "*?["):
		return s.match(ctx, full)
	case name == "" && s.isOnTheWay(full, err):
		return listing{}, nil
	}
	return l, err
}

// isOnTheWay reports whether the current directory is one that nothing can be told
// of.
func (s *session) isOnTheWay(full string, err error) bool {
	p, locateErr := s.locateAbsolute(full)
	return locateErr == nil && !filestore.IsShare(p.Name) && p.LeadsOn(s.ctx, err)
}

// lookAt lists those entries of a directory that picks wants; nil: all.
func (s *session) lookAt(ctx context.Context, full string, picks func(name string) bool) (listing, error) {
	var l listing
	p, err := s.locateAbsolute(full)
	if err != nil || p.Empty() {
		return l, err
	}
	l.dir, err = filestore.BeginListing(ctx, p.View, p.Name, func(info filestore.FileInfo) bool {
		return filestore.CheckName(info.Name()) == nil && (picks == nil || picks(info.Name())) // nothing that breaks a line
	})
	if err != nil && ctx.Err() == nil && p.BeforeKey() { // on the way to a share: there is nothing to see
		err = nil
	}
	return l, err
}

func (s *session) lookAtFile(full string) (listing, error) {
	p, err := s.locateAbsolute(full)
	if err != nil {
		return listing{}, err
	}
	found, err := s.stat(p)
	if err != nil {
		return listing{}, err
	}
	return listing{one: &found, named: true}, nil
}

// match lists what in one directory has names of a pattern: "*", "?" and
// "[a-z]" as in a shell.
func (s *session) match(ctx context.Context, full string) (listing, error) {
	pattern := strings.ReplaceAll(path.Base(full), "[!", "[^")
	l, err := s.lookAt(ctx, path.Dir(full), func(name string) bool {
		ok, err := path.Match(pattern, name)
		return err == nil && ok
	})
	if err == nil && (l.dir == nil || l.dir.Empty()) {
		l.close()
		return listing{}, fs.ErrNotExist
	}
	l.named = true
	return l, err
}

// lsFlags are what clients give LIST and NLST, although no standard knows them.
const lsFlags = "aAbBcCdfFgGhHiklLmnNopqQrRsStTuUxX1"

// withoutFlags takes the flags of ls away: "LIST -la dir". They are flags even
// where something is called so, lest a file named "-la" hides a directory from
// most clients; "--" ends them, and "./-la" is a name.
func withoutFlags(arg string) string {
	for {
		arg = strings.TrimLeft(arg, " ")
		word, rest, _ := strings.Cut(arg, " ")
		switch {
		case word == "--":
			return strings.TrimLeft(rest, " ")
		case len(word) < 2 || word[0] != '-' || strings.Trim(word[1:], lsFlags) != "":
			return arg
		}
		arg = rest
	}
}

// prefix is what stands before the names in a list of names, so that they work in
// other commands: what stood before them in the argument.
func (l listing) prefix(arg string) string {
	name := withoutFlags(arg)
	switch {
	case l.named:
		return name[:strings.LastIndexByte(name, '/')+1]
	case name == "" || name == ".":
		return ""
	}
	return strings.TrimSuffix(name, "/") + "/"
}

// send writes the lines of a listing in pieces.
func (l listing) send(w io.Writer, line func([]byte, entry) []byte) error {
	const piece = 32 << 10
	buffer := make([]byte, 0, piece)
	for e, err := range l.entries {
		if err != nil {
			return err
		}
		if len(buffer) > piece-1<<10 {
			if _, err := w.Write(buffer); err != nil {
				return err
			}
			buffer = buffer[:0]
		}
		buffer = append(line(buffer, e), "\r\n"...)
	}
	_, err := w.Write(buffer)
	return err
}

// sendListing runs a transfer of what look returns.
func (s *session) sendListing(look func(ctx context.Context) (listing, error), line func(l listing) func([]byte, entry) []byte) reply {
	return s.transfer(func(t *transfer) (job, error) {
		l, err := look(t.ctx)
		if err != nil {
			return job{}, err
		}
		return job{announce: replyOpening, close: l.close, run: func(d *data) error {
			defer s.noteLeft(l)
			return l.send(d, line(l))
		}}, nil
	})
}

// noteLeft tells the log that something was left out.
func (s *session) noteLeft(l listing) {
	if l.dir != nil && l.dir.Left() != nil {
		s.log.Warn("entries left out of a listing", "op", s.verb, "account", s.who.Caller.Account, filestore.LogError(l.dir.Left()))
	}
}

func (s *session) list(arg string) reply {
	now := s.server.now()
	return s.sendListing(
		func(ctx context.Context) (listing, error) { return s.look(ctx, arg) },
		func(listing) func([]byte, entry) []byte {
			return func(b []byte, e entry) []byte { return e.appendLong(b, now) }
		})
}

func (s *session) nameList(arg string) reply {
	return s.sendListing(
		func(ctx context.Context) (listing, error) { return s.look(ctx, arg) },
		func(l listing) func([]byte, entry) []byte {
			prefix := l.prefix(arg)
			return func(b []byte, e entry) []byte { return append(append(b, prefix...), e.name...) }
		})
}

// machineList: RFC 3659 §7.
func (s *session) machineList(arg string) reply {
	return s.sendListing(
		func(ctx context.Context) (listing, error) {
			full := s.absolute(arg)
			l, err := s.lookAt(ctx, full, nil)
			switch {
			case errors.Is(err, filestore.ErrNotDirectory):
				err = errNoListing
			case err != nil && arg == "" && s.isOnTheWay(full, err):
				err = nil
			}
			return l, err
		},
		func(listing) func([]byte, entry) []byte {
			return func(b []byte, e entry) []byte { return append(append(s.facts.append(b, e), ' '), e.name...) }
		})
}

// errNoListing: RFC 3659 §7.2.1 has a code of its own for MLSD of a file.
var errNoListing = errors.New("not a directory to be listed")

// machineFacts: RFC 3659 §7. The path is one that works in other commands.
func (s *session) machineFacts(arg string) reply {
	full := s.absolute(arg)
	p, err := s.locateAbsolute(full)
	if err != nil {
		return s.replyTo(err)
	}
	found, err := s.stat(p)
	switch {
	case err != nil && arg == "" && s.isOnTheWay(full, err):
		found = entry{modified: noTime, dir: true}
	case err != nil:
		return s.replyTo(err)
	case !found.dir && strings.HasSuffix(arg, "/"):
		return s.replyTo(filestore.ErrIsDirectory)
	}
	return reply{250, "File details\n " + string(s.facts.append(nil, found)) + " " + full + "\nOK."}
}

// longAgoLine is the age from which POSIX ls shows the year and no time.
const longAgoLine = 182 * 24 * time.Hour

// appendLong appends a line as "ls -l" writes it (POSIX.1-2017, ls, STDOUT). The
// permission bits are fixed: FTP has no way to show who is asking.
func (e entry) appendLong(b []byte, now time.Time) []byte {
	mode := "-rw-r--r--"
	if e.dir {
		mode = "drwxr-xr-x"
	}
	layout := "Jan _2 15:04"
	if age := now.Sub(e.modified); age < 0 || age > longAgoLine {
		layout = "Jan _2  2006"
	}
	b = fmt.Appendf(b, "%s 1 ftp ftp %12d ", mode, e.size)
	b = e.modified.AppendFormat(b, layout)
	return append(append(b, ' '), e.name...)
}

// facts are those of RFC 3659 §7.5 that a client wants to know.
type facts struct {
	kind, size, modify bool
}

var allFacts = facts{true, true, true}

// timeLayout is the form of times in RFC 3659 §2.3.
const timeLayout = "20060102150405"

func (f facts) append(b []byte, e entry) []byte {
	if f.kind {
		b = append(b, "Type=file;"...)
		if e.dir {
			b = append(b[:len(b)-len("file;")], "dir;"...)
		}
	}
	if f.size {
		b = fmt.Appendf(b, "Size=%d;", e.size)
	}
	if f.modify {
		b = append(e.modified.AppendFormat(append(b, "Modify="...), timeLayout), ';')
	}
	return b
}

// feature is the line of FEAT (RFC 3659 §7.8).
func (f facts) feature() string {
	mark := func(name string, on bool) string {
		if on {
			return name + "*;"
		}
		return name + ";"
	}
	return "MLST " + mark("type", f.kind) + mark("size", f.size) + mark("modify", f.modify)
}

// choose answers OPTS MLST (RFC 3659 §7.9): what is not known is left out.
func (f *facts) choose(list string) string {
	*f = facts{}
	for name := range strings.SplitSeq(list, ";") {
		switch strings.ToLower(strings.Trim(name, " ")) {
		case "type":
			f.kind = true
		case "size":
			f.size = true
		case "modify":
			f.modify = true
		}
	}
	chosen := "MLST OPTS "
	if f.kind {
		chosen += "type;"
	}
	if f.size {
		chosen += "size;"
	}
	if f.modify {
		chosen += "modify;"
	}
	return strings.TrimSuffix(chosen, " ")
}
