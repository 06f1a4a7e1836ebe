package pgstore

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
	"github.com/cgpkit/cgpkit/filestore/locktable"
	"github.com/cgpkit/cgpkit/internal/othername"
)

const insertEntry = `INSERT INTO entries (account, ` + columns + `, content, side_content)
	VALUES ($1, $2, $3, $4, $5, 0, 0, $6, $7, $8, $9, $10, $11, $12, $13, $14)`

// put makes a row for the name of p, with nothing below it. Contents may be nil.
func (t *tx) put(p *path, n node, content []byte) {
	kind, modified := fileKind, n.ModTime
	if n.isDir() {
		kind = dirKind
	} else if !n.there() {
		kind, modified = orphanKind, t.now
	}
	var body *string
	if n.body != "" {
		body = &n.body
	}
	var size *int64
	var sideModified *time.Time
	var tag *string
	var sideContent []byte
	if n.Sidecar != nil {
		size, sideModified, tag, sideContent = &n.Sidecar.Size, &n.Sidecar.ModTime, &n.Sidecar.ETag, n.Sidecar.Content
	}
	t.do(insertEntry, t.account.id, n.parent, n.last, kind, n.dir, n.Size, modified, n.ETag, body, size, sideModified, tag, content, sideContent)
	t.takes(p, 0, 0)
}

// newNode returns a node without kind and content.
func newNode(in int64, name string) node {
	_, last := filestore.Split(name)
	return node{Entry: filestore.Entry{Path: name}, parent: in, last: last}
}

// newDir returns a directory with a number of its own.
func (t *tx) newDir(in int64, name string) node {
	n := newNode(in, name)
	t.account.lastDir++
	n.dir, n.Mode, n.ModTime = t.account.lastDir, fs.ModeDir|dirPerm, t.now
	return n
}

// newSidecar returns a sidecar with a new tag.
func (t *tx) newSidecar(content []byte, modTime time.Time) *filestore.Sidecar {
	return &filestore.Sidecar{Content: content, Size: int64(len(content)), ModTime: t.orNow(modTime), ETag: newTag()}
}

func (t *tx) orNow(at time.Time) time.Time {
	if at.IsZero() {
		return t.now
	}
	return resolution(at)
}

// Mkdir implements [filestore.Store].
func (s *Store) Mkdir(ctx context.Context, name string, o filestore.MkdirOptions, l filestore.Limits) error {
	err := filestore.CheckEntryName(name)
	if err == nil {
		err = s.change(ctx, ask{names: []string{name}}, func(t *tx) error { return t.mkdir(name, o, l) })
	}
	if err != nil {
		return fail("mkdir", name, err)
	}
	return nil
}

func (t *tx) mkdir(name string, o filestore.MkdirOptions, l filestore.Limits) error {
	in, old, err := t.paths[0].place(allow(false), o.If)
	if err != nil {
		return err
	}
	made := t.newDir(in, name)
	sidecar := old.Sidecar == nil && o.Sidecar != nil
	delta := filestore.Usage{Files: 1}
	if sidecar {
		if _, room := filestore.SidecarName(name); !room {
			return filestore.ErrConflict
		}
		made.Sidecar = t.newSidecar(o.Sidecar, time.Time{})
		delta = made.usage()
	}
	if err := t.unlocked(locktable.Entry, name, o.If); err != nil {
		return err
	}
	if sidecar {
		if err := ledger.CheckSidecar(ledger.None, made.Sidecar.Size, l); err != nil {
			return err
		}
	}
	if err := t.make(delta, l); err != nil {
		return err
	}
	if old.Path == "" {
		t.put(&t.paths[0], made, nil)
		return nil
	}
	t.do("UPDATE entries SET kind = $4, dir = $5, modified = $6 WHERE account = $1 AND parent = $2 AND name = $3",
		t.account.id, in, made.last, dirKind, made.dir, made.ModTime)
	return nil
}

// Remove implements [filestore.Store].
func (s *Store) Remove(ctx context.Context, name string, o filestore.RemoveOptions) error {
	err := filestore.CheckName(name)
	if name == filestore.Root {
		err = fs.ErrInvalid
	}
	if err == nil {
		err = s.change(ctx, ask{names: []string{name}}, func(t *tx) error { return t.remove(name, o) })
	}
	if err != nil {
		return fail("remove", name, err)
	}
	return nil
}

func (t *tx) remove(name string, o filestore.RemoveOptions) error {
	n, err := t.paths[0].find()
	if err == nil {
		err = o.If.Check(true, n.ETag)
	}
	if err == nil && n.isDir() && !o.Recursive {
		err = t.empty(n)
	}
	if err == nil {
		err = t.unlocked(locktable.Tree, name, o.If)
	}
	if err != nil {
		return err
	}
	if err := t.take(n, o.Recursive); err != nil {
		return err
	}
	return t.endLocks(name)
}

// empty returns ErrNotEmpty if something is in a directory.
func (t *tx) empty(dir node) error {
	found := false
	err := t.query(scanOne(&found), "SELECT EXISTS (SELECT 1 FROM entries WHERE account = $1 AND parent = $2)", t.account.id, dir.dir)
	if err == nil && found {
		err = filestore.ErrNotEmpty
	}
	return err
}

const deleteEntry = "DELETE FROM entries WHERE account = $1 AND parent = $2 AND name = $3"

// unrefer says that entries have gone that had bodies.
const unrefer = "UPDATE bodies SET refs = refs - $3, needed = $4 WHERE account = $1 AND key = $2"

// take takes n away, if it is anything, and with below also all below it.
func (t *tx) take(n node, below bool) error {
	if n.Path == "" {
		return nil
	}
	t.do(deleteEntry, t.account.id, n.parent, n.last)
	t.account.used = ledger.Sub(t.account.used, n.usage())
	if n.body != "" {
		t.do(unrefer, t.account.id, n.body, 1, t.now)
	}
	if n.isDir() && below {
		return t.takeBelow(n)
	}
	return nil
}

// deleteBelow deletes everything below a directory, and counts it. It is one statement,
// however much that is.
const deleteBelow = below + `, gone AS (
	DELETE FROM entries WHERE account = $1 AND parent IN (SELECT dir FROM tree) RETURNING kind, size, side_size, body
), unreferred AS (
	UPDATE bodies SET refs = refs - used.times, needed = $3
	FROM (SELECT body, count(*) AS times FROM gone WHERE body IS NOT NULL GROUP BY body) AS used
	WHERE bodies.account = $1 AND bodies.key = used.body
)
SELECT count(*) FILTER (WHERE kind <> 0) + count(side_size), coalesce(sum(size + coalesce(side_size, 0)), 0)::bigint FROM gone`

func (t *tx) takeBelow(dir node) error {
	var gone filestore.Usage
	err := t.query(scanOne(&gone.Files, &gone.Bytes), deleteBelow, t.account.id, dir.dir, t.now)
	t.account.used = ledger.Sub(t.account.used, gone)
	return err
}

// Rename implements [filestore.Store]. It changes one row, and removes what it replaces.
func (s *Store) Rename(ctx context.Context, from, to string, o filestore.RenameOptions) error {
	err := checkPair(from, to)
	if err == nil {
		err = s.change(ctx, ask{names: []string{from, to}}, func(t *tx) error { return t.rename(from, to, o) })
	}
	if err != nil {
		return fail("rename", to, err)
	}
	return nil
}

// checkPair checks the names of a rename or a copy.
func checkPair(from, to string) error {
	if err := filestore.CheckEntryName(from); err != nil {
		return othername.Of(from, err)
	}
	if filestore.CheckEntryName(to) != nil || filestore.Within(to, from) || filestore.Within(from, to) {
		return fs.ErrInvalid
	}
	return nil
}

// source returns what is moved or copied.
func (t *tx) source(p filestore.Precondition) (node, error) {
	n, err := t.paths[0].find()
	if err == nil {
		err = p.Check(true, n.ETag)
	}
	return n, othername.Of(t.paths[0].name, err)
}

func (t *tx) rename(from, to string, o filestore.RenameOptions) error {
	source, err := t.source(o.From)
	if err != nil {
		return err
	}
	in, old, err := t.paths[1].place(func(old node) error {
		return allow(o.Replace || o.ReplaceFile && !source.isDir() && !old.isDir())(old)
	}, o.To)
	if err == nil {
		err = t.fits(&source, to)
	}
	if err == nil {
		err = othername.Of(from, t.unlocked(locktable.Tree, from, o.From))
	}
	if err == nil {
		err = t.unlocked(locktable.Tree, to, o.To)
	}
	if err == nil {
		err = t.take(old, true)
	}
	if err != nil {
		return err
	}
	_, last := filestore.Split(to)
	t.do("UPDATE entries SET parent = $4, name = $5, height = $6, reach = $7 WHERE account = $1 AND parent = $2 AND name = $3",
		t.account.id, source.parent, source.last, in, last, source.height, source.reach)
	t.takes(&t.paths[1], source.height, source.reach)
	return t.endLocks(from, to)
}

// boundsBelow finds how deep and how long names are that begin with $4 bytes in $3 segments,
// with their sidecars if they have some.
const boundsBelow = `WITH RECURSIVE tree AS (
	SELECT $2::bigint AS dir, $3::int AS depth, $4::int AS length
	UNION ALL
	SELECT e.dir, tree.depth + 1, tree.length + 1 + octet_length(e.name) FROM tree CROSS JOIN LATERAL (
		SELECT dir, name FROM entries WHERE account = $1 AND parent = tree.dir AND kind = 2 OFFSET 0) e
)
SELECT coalesce(max(depth + 1), 0), coalesce(max(length + 1 + octet_length(e.name) + CASE WHEN side_size IS NULL THEN 0 ELSE $5 END), 0)
FROM tree CROSS JOIN LATERAL (SELECT name, side_size FROM entries WHERE account = $1 AND parent = tree.dir OFFSET 0) e`

// fits checks that all that moves has a valid name at to, and room for its sidecar. It looks
// at what is below a directory only if what the directory knows of that leaves a doubt, and lets
// it know better then.
func (t *tx) fits(source *node, to string) error {
	if _, room := filestore.SidecarName(to); source.Sidecar != nil && !room {
		return filestore.ErrConflict
	}
	const suffix = len(".meta")
	deepest, longest := len(segments(to))+int(source.height), len(to)+int(source.reach)
	if !source.isDir() || deepest <= filestore.MaxSegments && longest+suffix <= filestore.MaxNameBytes {
		return nil
	}
	err := t.query(scanOne(&deepest, &longest), boundsBelow, t.account.id, source.dir, len(segments(to)), len(to), suffix)
	if err == nil && (deepest > filestore.MaxSegments || longest > filestore.MaxNameBytes) {
		err = fs.ErrInvalid
	}
	source.height, source.reach = int32(max(0, deepest-len(segments(to)))), int32(max(0, longest-len(to)))
	return err
}

// SetSidecar implements [filestore.Store].
func (s *Store) SetSidecar(ctx context.Context, name string, content []byte, o filestore.SidecarOptions, l filestore.Limits) (filestore.Sidecar, error) {
	err := filestore.CheckName(name)
	var made *filestore.Sidecar
	if err == nil {
		err = s.change(ctx, ask{names: []string{name}}, func(t *tx) (err error) {
			made, err = t.setSidecar(name, content, o, l)
			return err
		})
	}
	if err != nil {
		return filestore.Sidecar{}, fail("set sidecar", name, err)
	}
	if made == nil {
		return filestore.Sidecar{}, nil
	}
	made.Content = nil
	return *made, nil
}

func (t *tx) setSidecar(name string, content []byte, o filestore.SidecarOptions, l filestore.Limits) (*filestore.Sidecar, error) {
	in, old, err := t.paths[0].place(allow(true), filestore.Precondition{})
	switch {
	case content == nil && errors.Is(err, filestore.ErrNotDirectory):
		return nil, fs.ErrNotExist // nothing is made there
	case err != nil:
		return nil, err
	case o.Paired && !old.there(), content == nil && old.Sidecar == nil:
		return nil, fs.ErrNotExist
	case o.EntryETag != "" && o.EntryETag != old.ETag:
		return nil, filestore.ErrChanged
	}
	if err := o.If.Check(old.Sidecar != nil, old.sideTag()); err != nil {
		return nil, err
	}
	side, room := filestore.SidecarName(name)
	if !room {
		return nil, filestore.ErrConflict
	}
	if err := t.unlocked(locktable.Sidecar, name, o.If); err != nil {
		return nil, err
	}
	made := newNode(in, name)
	made.Mode = fs.ModeIrregular
	if content == nil {
		err = t.dropSidecar(old, side)
		return nil, err
	}
	made.Sidecar = t.newSidecar(content, o.ModTime)
	delta := filestore.Usage{Files: 1, Bytes: made.Sidecar.Size}
	if old.Sidecar != nil {
		delta = filestore.Usage{Bytes: made.Sidecar.Size - old.Sidecar.Size}
	}
	if delta.Bytes > 0 {
		if err := ledger.CheckSidecar(ledger.None, made.Sidecar.Size, l); err != nil {
			return nil, err
		}
	}
	if err := t.make(delta, l); err != nil {
		return nil, err
	}
	if old.Path == "" {
		t.put(&t.paths[0], made, nil)
		return made.Sidecar, nil
	}
	t.do("UPDATE entries SET side_size = $4, side_modified = $5, side_tag = $6, side_content = $7 WHERE account = $1 AND parent = $2 AND name = $3",
		t.account.id, in, made.last, made.Sidecar.Size, made.Sidecar.ModTime, made.Sidecar.ETag, content)
	return made.Sidecar, nil
}

// dropSidecar removes the sidecar of a node, and what waits for one with it.
func (t *tx) dropSidecar(n node, side string) error {
	t.account.used = ledger.Sub(t.account.used, filestore.Usage{Files: 1, Bytes: n.Sidecar.Size})
	if n.there() {
		t.do("UPDATE entries SET side_size = NULL, side_modified = NULL, side_tag = NULL, side_content = NULL WHERE account = $1 AND parent = $2 AND name = $3",
			t.account.id, n.parent, n.last)
	} else {
		t.do(deleteEntry, t.account.id, n.parent, n.last)
	}
	return t.endLocks(side)
}
