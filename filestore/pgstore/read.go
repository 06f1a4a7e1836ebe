package pgstore

import (
	"context"
	"io/fs"
	"iter"

	"github.com/jackc/pgx/v5"

	"github.com/cgpkit/cgpkit/filestore"
)

// Bounds of one page of a listing, in entries and in bytes of sidecars.
const (
	pageEntries = 1000
	pageBytes   = 4 << 20
)

// Stat implements [filestore.Store].
func (s *Store) Stat(ctx context.Context, name string) (filestore.FileInfo, error) {
	err := check(ctx, name)
	p := path{name: name}
	if err == nil {
		err = s.look(ctx, p.scan, walk, s.account, segments(name))
	}
	var n node
	if err == nil {
		n, err = p.find()
	}
	if err != nil {
		return nil, fail("stat", name, err)
	}
	return n.Info(), nil
}

// openFile is walk with the content of a small file, and with where that of a large one is.
const openFile = walkDown + " SELECT " + columns + `, account,
	CASE WHEN depth = cardinality($2) THEN (SELECT content FROM entries e WHERE e.account = walk.account AND e.parent = walk.parent AND e.name = walk.name) END,
	CASE WHEN depth = cardinality($2) THEN (SELECT place FROM bodies b WHERE b.account = walk.account AND b.key = walk.body) END
	FROM walk ORDER BY depth`

// Open implements [filestore.Store]. The content of a large file comes as it is read.
func (s *Store) Open(ctx context.Context, name string) (filestore.File, error) {
	err := check(ctx, name)
	p := path{name: name}
	var content []byte
	var body body
	if err == nil {
		err = s.look(ctx, func(rows pgx.Rows) error {
			p.nodes = p.nodes[:0]
			for rows.Next() {
				var r row
				if err := rows.Scan(r.into(&body.account, &content, &body.place)...); err != nil {
					return err
				}
				p.add(r)
			}
			return rows.Err()
		}, openFile, s.account, segments(name))
	}
	var n node
	if err == nil {
		n, err = p.find()
	}
	if err == nil && n.isDir() {
		err = filestore.ErrIsDirectory
	}
	if err != nil {
		return nil, fail("open", name, err)
	}
	n.Sidecar = nil
	if n.body == "" {
		return n.Entry.Open(content), nil
	}
	body.key, body.size = n.body, n.Size
	return s.openBody(ctx, n.Entry, body)
}

// listPage is a page of a directory. $2 is its number, $3 what to begin behind, $4 whether the
// contents of sidecars are wanted, $5 how many entries, $6 how many bytes of sidecars. Each row
// tells how many entries there are without that last bound.
const listPage = "SELECT " + columns + `, CASE WHEN $4 THEN side_content END, found FROM (
		SELECT *, count(*) OVER () AS found,
			sum(CASE WHEN $4 THEN side_size END) OVER (ORDER BY name ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
		FROM (SELECT ` + columns + `, side_content FROM entries
			WHERE account = (SELECT id FROM accounts WHERE name = $1) AND parent = $2 AND name > $3 ORDER BY name LIMIT $5) AS page
	) AS counted WHERE coalesce(before, 0) < $6 ORDER BY name`

// List implements [filestore.Store]. It asks for a thousand entries at a time, or for less if
// there are more than 4 MiB of sidecars with them.
func (s *Store) List(ctx context.Context, dir string, o filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) {
		err := check(ctx, dir)
		p := path{name: dir}
		if err == nil {
			err = s.look(ctx, p.scan, walk, s.account, segments(dir))
		}
		var at node
		if err == nil {
			at, err = p.findDir()
		}
		for more, after := true, o.After; more && err == nil; {
			var page []node
			page, more, err = s.page(ctx, at, after, o.Sidecars)
			for _, n := range page {
				if err = ctx.Err(); err != nil {
					break
				}
				if !yield(n.Info(), nil) {
					return
				}
				after = n.last
			}
		}
		if err != nil {
			yield(nil, fail("list", dir, err))
		}
	}
}

// page returns entries of a directory, and whether there are more behind them.
func (s *Store) page(ctx context.Context, dir node, after string, sidecars bool) (page []node, more bool, err error) {
	err = s.look(ctx, func(rows pgx.Rows) error {
		page, more = page[:0], false
		for rows.Next() {
			var r row
			var content []byte
			var found int
			if err := rows.Scan(r.into(&content, &found)...); err != nil {
				return err
			}
			n := r.node(filestore.Join(dir.Path, r.name))
			if n.Sidecar != nil && sidecars {
				n.Sidecar.Content = whole(content)
			}
			page = append(page, n)
			more = found == pageEntries || found > len(page)
		}
		return rows.Err()
	}, listPage, s.account, dir.dir, after, sidecars, pageEntries, pageBytes)
	return page, more, err
}

// whole is a content that is there: an empty one is not nil.
func whole(content []byte) []byte {
	if content == nil {
		return []byte{}
	}
	return content
}

// below is the common table expression of all directories from $2 down, by their numbers, in
// the account $1.
const below = `WITH RECURSIVE tree AS (
	SELECT $2::bigint AS dir
	UNION ALL
	SELECT e.dir FROM tree CROSS JOIN LATERAL (
		SELECT dir FROM entries WHERE account = $1 AND parent = tree.dir AND kind = 2 OFFSET 0) e
)`

// usageOf counts what is below a name; nothing if that is no directory.
const usageOf = walkDown + `, tree AS (
	SELECT account, dir FROM walk WHERE depth = cardinality($2) AND kind = 2
	UNION ALL
	SELECT tree.account, e.dir FROM tree CROSS JOIN LATERAL (
		SELECT dir FROM entries WHERE account = tree.account AND parent = tree.dir AND kind = 2 OFFSET 0) e
), found AS (
	SELECT e.* FROM tree CROSS JOIN LATERAL (
		SELECT kind, size, side_size FROM entries WHERE account = tree.account AND parent = tree.dir OFFSET 0) e
)
SELECT (SELECT kind FROM walk WHERE depth = cardinality($2)),
	(SELECT count(*) FROM found WHERE kind <> 0) + (SELECT count(side_size) FROM found),
	(SELECT coalesce(sum(size + coalesce(side_size, 0)), 0)::bigint FROM found)`

// Usage implements [filestore.Store].
func (s *Store) Usage(ctx context.Context, dir string) (filestore.Usage, error) {
	err := check(ctx, dir)
	var u filestore.Usage
	if err == nil && dir == filestore.Root {
		err = s.look(ctx, scanOne(&u.Files, &u.Bytes), "SELECT files, bytes FROM accounts WHERE name = $1", s.account)
	} else if err == nil {
		var kind *int16
		err = s.look(ctx, scanOne(&kind, &u.Files, &u.Bytes), usageOf, s.account, segments(dir))
		switch {
		case err != nil:
		case kind == nil || *kind == orphanKind:
			err = fs.ErrNotExist
		case *kind != dirKind:
			err = filestore.ErrNotDirectory
		}
	}
	if err != nil {
		return filestore.Usage{}, fail("usage", dir, err)
	}
	return u, nil
}

// countAll counts everything in the account $1.
const countAll = `SELECT count(*) FILTER (WHERE kind <> 0) + count(side_size), coalesce(sum(size + coalesce(side_size, 0)), 0)::bigint,
	(SELECT coalesce(sum(files), 0)::bigint FROM uploads WHERE account = $1), (SELECT coalesce(sum(bytes), 0)::bigint FROM uploads WHERE account = $1)
FROM entries WHERE account = $1`

// Rescan implements [filestore.Rescanner]. Changes keep the usage exact: it is for a database
// that somebody has mended by hand.
func (s *Store) Rescan(ctx context.Context) (before, after filestore.Usage, err error) {
	err = s.change(ctx, ask{}, func(t *tx) error {
		a := &t.account
		before = a.used
		err := t.query(scanOne(&a.used.Files, &a.used.Bytes, &a.held.Files, &a.held.Bytes), countAll, a.id)
		after = a.used
		return err
	})
	if err != nil {
		return filestore.Usage{}, filestore.Usage{}, fail("rescan", filestore.Root, err)
	}
	return before, after, nil
}

// scanOne reads the only row, if there is one.
func scanOne(into ...any) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		if rows.Next() {
			if err := rows.Scan(into...); err != nil {
				return err
			}
		}
		return rows.Err()
	}
}

// readSidecar is walk with the content of a sidecar whose tag is not $3.
const readSidecar = walkDown + " SELECT " + columns + `, CASE WHEN depth = cardinality($2) AND side_tag <> $3 THEN
	(SELECT side_content FROM entries e WHERE e.account = walk.account AND e.parent = walk.parent AND e.name = walk.name) END
	FROM walk ORDER BY depth`

// Sidecar implements [filestore.Store].
func (s *Store) Sidecar(ctx context.Context, name, known string) (filestore.Sidecar, error) {
	err := check(ctx, name)
	p := path{name: name}
	var content []byte
	if err == nil {
		err = s.look(ctx, func(rows pgx.Rows) error {
			p.nodes = p.nodes[:0]
			for rows.Next() {
				var r row
				if err := rows.Scan(r.into(&content)...); err != nil {
					return err
				}
				p.add(r)
			}
			return rows.Err()
		}, readSidecar, s.account, segments(name), known)
	}
	n := p.node()
	if err == nil && n.Sidecar == nil {
		err = fs.ErrNotExist
	}
	if err != nil {
		return filestore.Sidecar{}, fail("sidecar", name, err)
	}
	if n.sideTag() != known {
		n.Sidecar.Content = whole(content)
	}
	return *n.Sidecar, nil
}
