package pgstore

import (
	"context"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
	"github.com/cgpkit/cgpkit/filestore/locktable"
)

// Copy implements [filestore.Store]. Large contents are shared, and not read. What is told of
// a tree, sidecars with it, has to fit into memory.
func (s *Store) Copy(ctx context.Context, from, to string, o filestore.CopyOptions, l filestore.Limits) error {
	err := checkPair(from, to)
	if err == nil {
		err = s.change(ctx, ask{names: []string{from, to}}, func(t *tx) error { return t.copy(to, o, l) })
	}
	if err != nil {
		return fail("copy", to, err)
	}
	return nil
}

// copied is one entry of a copy, with where it comes from.
type copied struct {
	node
	from node
}

func (t *tx) copy(to string, o filestore.CopyOptions, l filestore.Limits) error {
	source, err := t.source(o.From)
	if err != nil {
		return err
	}
	in, old, err := t.paths[1].place(allow(o.Replace), o.To)
	if err != nil {
		return err
	}
	all, err := t.plan(source, in, to, o)
	if err != nil {
		return err
	}
	if err := t.unlocked(locktable.Tree, to, o.To); err != nil {
		return err
	}
	var delta filestore.Usage
	var file, sidecar int64
	for _, c := range all {
		delta = ledger.Add(delta, c.usage())
		file = max(file, c.Size)
		if c.Sidecar != nil {
			sidecar = max(sidecar, c.Sidecar.Size)
		}
	}
	if err := ledger.CheckFile(ledger.None, file, l); err != nil {
		return err
	}
	if err := ledger.CheckSidecar(ledger.None, sidecar, l); err != nil {
		return err
	}
	before := t.account.used
	if err := t.take(old, true); err != nil {
		return err
	}
	gone := ledger.Sub(before, t.account.used)
	t.account.used = before
	if err := t.make(ledger.Sub(delta, gone), l); err != nil {
		return err
	}
	for part := range slices.Chunk(all, pageEntries) {
		t.insert(part)
	}
	refer(t, all)
	t.takes(&t.paths[1], source.height, source.reach)
	return t.endLocks(to)
}

// plan returns what a copy makes, directories before what is in them.
func (t *tx) plan(source node, in int64, to string, o filestore.CopyOptions) ([]copied, error) {
	side, err := t.sidecarOf(source, o.Sidecar)
	if err != nil {
		return nil, err
	}
	first := t.copied(source, side, in, to, o.Sidecar)
	if _, room := filestore.SidecarName(to); first.Sidecar != nil && !room {
		return nil, filestore.ErrConflict
	}
	all := []copied{first}
	if !source.isDir() || o.Shallow {
		return all, nil
	}
	for open := all[:1:1]; len(open) > 0; {
		now := open[:min(len(open), pageEntries)]
		open = open[len(now):]
		made, err := t.planIn(now, o)
		if err != nil {
			return nil, err
		}
		all = append(all, made...)
		for _, c := range made {
			if c.isDir() {
				open = append(open, c)
			}
		}
	}
	return all, nil
}

// entriesIn are the entries of some directories, a page at a time.
const entriesIn = "SELECT " + columns + `, CASE WHEN $5 THEN side_content END FROM entries
	WHERE account = $1 AND parent = ANY($2) AND (parent, name) > ($3, $4) ORDER BY parent, name LIMIT $6`

// planIn returns what a copy makes in some directories.
func (t *tx) planIn(dirs []copied, o filestore.CopyOptions) (made []copied, err error) {
	byNumber := map[int64]copied{}
	for _, d := range dirs {
		byNumber[d.from.dir] = d
	}
	numbers := slices.Sorted(maps.Keys(byNumber))
	for parent, after, seen := int64(-1), "", pageEntries; seen == pageEntries; {
		seen = 0
		err := t.query(func(rows pgx.Rows) error {
			for ; rows.Next(); seen++ {
				var r row
				var content []byte
				if err := rows.Scan(r.into(&content)...); err != nil {
					return err
				}
				parent, after = r.parent, r.name
				dir := byNumber[parent]
				n := r.node(filestore.Join(dir.from.Path, r.name))
				if o.Skip != nil && o.Skip(n.Path, n.isDir()) {
					continue
				}
				if n.Sidecar != nil && o.Sidecar != nil {
					content = whole(content)
				}
				c := t.copied(n, content, dir.dir, filestore.Join(dir.Path, r.name), o.Sidecar)
				if c.there() || c.Sidecar != nil {
					made = append(made, c)
				}
			}
			return rows.Err()
		}, entriesIn, t.account.id, numbers, parent, after, o.Sidecar != nil, pageEntries)
		if err != nil {
			return nil, err
		}
	}
	for _, c := range made {
		_, room := filestore.SidecarName(c.Path)
		if c.Sidecar != nil && !room || filestore.CheckName(c.Path) != nil {
			return nil, fs.ErrInvalid
		}
	}
	return made, nil
}

// sidecarOf reads the sidecar of a node if it is to be copied.
func (t *tx) sidecarOf(n node, becomes filestore.SidecarFunc) (content []byte, err error) {
	if n.Sidecar == nil || becomes == nil {
		return nil, nil
	}
	err = t.query(scanOne(&content), "SELECT side_content FROM entries WHERE account = $1 AND parent = $2 AND name = $3", t.account.id, n.parent, n.last)
	return whole(content), err
}

// copied returns the copy of n under another name. sidecar is nil if there is none, or if none
// is copied. It may be nothing: neither there nor with a sidecar.
func (t *tx) copied(n node, sidecar []byte, in int64, to string, becomes filestore.SidecarFunc) copied {
	made := newNode(in, to)
	made.Mode, made.Size, made.body = n.Mode, n.Size, n.body
	switch {
	case n.isDir():
		made = t.newDir(in, to)
	case n.there():
		made.ETag, made.ModTime = newTag(), t.now
	}
	_, room := filestore.SidecarName(to)
	if becomes != nil && (sidecar != nil || n.isDir() && room) {
		if content := becomes(n.isDir(), sidecar); content != nil {
			made.Sidecar = t.newSidecar(slices.Clone(content), time.Time{})
		}
	}
	return copied{made, n}
}

const insertCopies = `INSERT INTO entries (account, ` + columns + `, content, side_content)
	SELECT e.account, n.parent, n.name, e.kind, n.dir, e.height, e.reach, e.size, $2, n.tag, e.body, length(n.side), $2, n.side_tag, e.content, n.side
	FROM unnest($3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::bigint[], $8::text[], $9::text[], $10::bytea[])
		AS n (from_parent, from_name, parent, name, dir, tag, side_tag, side)
	CROSS JOIN LATERAL (SELECT * FROM entries WHERE account = $1 AND parent = n.from_parent AND name = n.from_name LIMIT 1) AS e`

// insert makes copies, contents of small files within the database.
func (t *tx) insert(part []copied) {
	var fromParents, parents, dirs []int64
	var fromNames, names, tags []string
	var sideTags []*string
	var sides [][]byte
	for _, c := range part {
		fromParents, fromNames = append(fromParents, c.from.parent), append(fromNames, c.from.last)
		parents, names, dirs, tags = append(parents, c.parent), append(names, c.last), append(dirs, c.dir), append(tags, c.ETag)
		var tag *string
		var side []byte
		if c.Sidecar != nil {
			tag, side = &c.Sidecar.ETag, whole(c.Sidecar.Content)
		}
		sideTags, sides = append(sideTags, tag), append(sides, side)
	}
	t.do(insertCopies, t.account.id, t.now, fromParents, fromNames, parents, names, dirs, tags, sideTags, sides)
}

// refer counts the bodies that copies share.
func refer(t *tx, all []copied) {
	times := map[string]int64{}
	for _, c := range all {
		if c.body != "" {
			times[c.body]++
		}
	}
	if len(times) == 0 {
		return
	}
	var keys []string
	var counts []int64
	for key, n := range times {
		keys, counts = append(keys, key), append(counts, n)
	}
	t.do("UPDATE bodies SET refs = refs + n.times FROM unnest($2::text[], $3::bigint[]) AS n (key, times) WHERE account = $1 AND bodies.key = n.key",
		t.account.id, keys, counts)
}
