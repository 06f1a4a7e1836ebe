package pgstore

import (
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/ledger"
)

// Kinds of entries, as in schema.sql.
const (
	orphanKind = 0
	fileKind   = 1
	dirKind    = 2
)

// Permissions that are told of all entries.
const (
	filePerm = 0o640
	dirPerm  = 0o750
)

// node is a row of entries, without contents.
type node struct {
	filestore.Entry
	parent int64
	last   string // name
	dir    int64
	height int32
	reach  int32
	body   string // "": the content is in the row
}

// columns are those of a node, and scan reads them into it.
const columns = "parent, name, kind, dir, height, reach, size, modified, tag, body, side_size, side_modified, side_tag"

// row has room for the columns of a node, and for more.
type row struct {
	parent, dir, size int64
	height, reach     int32
	name              string
	kind              int16
	modified          *time.Time
	tag               string
	body              *string
	sideSize          *int64
	sideModified      *time.Time
	sideTag           *string
}

func (r *row) into(more ...any) []any {
	return append([]any{&r.parent, &r.name, &r.kind, &r.dir, &r.height, &r.reach, &r.size, &r.modified, &r.tag, &r.body, &r.sideSize, &r.sideModified, &r.sideTag}, more...)
}

// node returns the node with a name.
func (r *row) node(name string) node {
	n := node{Entry: filestore.Entry{Path: name, Mode: filePerm, Size: r.size, ETag: r.tag}, parent: r.parent, last: r.name, dir: r.dir, height: r.height, reach: r.reach}
	switch r.kind {
	case orphanKind:
		n.Mode = fs.ModeIrregular
	case dirKind:
		n.Mode = fs.ModeDir | dirPerm
	}
	if r.modified != nil && r.kind != orphanKind {
		n.ModTime = resolution(*r.modified)
	}
	if r.body != nil {
		n.body = *r.body
	}
	if r.sideSize != nil {
		n.Sidecar = &filestore.Sidecar{Size: *r.sideSize, ModTime: resolution(*r.sideModified), ETag: *r.sideTag}
	}
	return n
}

// there reports whether n is a file or a directory.
func (n node) there() bool { return n.Path != "" && n.Mode&fs.ModeIrregular == 0 }

func (n node) isDir() bool { return n.Mode.IsDir() }

// sideTag is the entity tag of the sidecar; "": there is none.
func (n node) sideTag() string {
	if n.Sidecar == nil {
		return ""
	}
	return n.Sidecar.ETag
}

// usage counts n and its sidecar, and nothing below it.
func (n node) usage() (u filestore.Usage) {
	if n.there() {
		u = filestore.Usage{Files: 1, Bytes: n.Size}
	}
	if n.Sidecar != nil {
		u = ledger.Add(u, filestore.Usage{Files: 1, Bytes: n.Sidecar.Size})
	}
	return u
}

// walkDown is the common table expression of the way to a name, one row for each segment that
// is there, the top with it at depth 0. $1 is the account, $2 the segments. LIMIT 1 keeps every
// planner from reading the whole table for a step.
const walkDown = `WITH RECURSIVE walk AS (
	SELECT id AS account, 0 AS depth, 0::bigint AS parent, '.'::text COLLATE "C" AS name, 2::smallint AS kind, 0::bigint AS dir,
		0 AS height, 0 AS reach, 0::bigint AS size, stored AS modified, ''::text AS tag, NULL::text COLLATE "C" AS body,
		NULL::bigint AS side_size, NULL::timestamptz AS side_modified, NULL::text AS side_tag
	FROM accounts WHERE name = $1
	UNION ALL
	SELECT w.account, w.depth + 1, e.* FROM walk w CROSS JOIN LATERAL (
		SELECT ` + columns + ` FROM entries
		WHERE account = w.account AND parent = w.dir AND name = ($2::text[])[w.depth + 1] LIMIT 1) e
	WHERE w.kind = 2
)`

const walk = walkDown + " SELECT " + columns + " FROM walk ORDER BY depth"

// path is a name as it is looked up.
type path struct {
	name  string
	nodes []node // the top first; none: the account has no row
}

func segments(name string) []string {
	if name == filestore.Root {
		return []string{}
	}
	return strings.Split(name, "/")
}

// scan reads what walk returns, and may be called again.
func (p *path) scan(rows pgx.Rows) error {
	p.nodes = p.nodes[:0]
	for rows.Next() {
		var r row
		if err := rows.Scan(r.into()...); err != nil {
			return err
		}
		p.add(r)
	}
	return rows.Err()
}

// add adds the node of the next segment.
func (p *path) add(r row) {
	name := filestore.Root
	if len(p.nodes) > 0 {
		name = filestore.Join(p.nodes[len(p.nodes)-1].Path, r.name)
	}
	p.nodes = append(p.nodes, r.node(name))
}

// node returns what has the name, the zero node if nothing has. Root is always there.
func (p *path) node() node {
	if n := len(segments(p.name)); n < len(p.nodes) {
		return p.nodes[n]
	}
	if p.name == filestore.Root {
		return node{Entry: filestore.Entry{Path: p.name, Mode: fs.ModeDir | dirPerm}, last: p.name}
	}
	return node{}
}

// find returns the file or directory with the name.
func (p *path) find() (node, error) {
	if n := p.node(); n.there() {
		return n, nil
	}
	return node{}, fs.ErrNotExist
}

// findDir returns the directory with the name.
func (p *path) findDir() (node, error) {
	n, err := p.find()
	if err == nil && !n.isDir() {
		err = filestore.ErrNotDirectory
	}
	return n, err
}

// in returns the number of the directory in which the name is.
func (p *path) in() (int64, error) {
	up := len(segments(p.name)) - 1
	if up <= 0 { // Root is in itself
		return 0, nil
	}
	if up >= len(p.nodes) || !p.nodes[up].there() {
		return 0, fs.ErrNotExist
	}
	if !p.nodes[up].isDir() {
		return 0, filestore.ErrNotDirectory
	}
	return p.nodes[up].dir, nil
}

// place returns the number of the directory in which the name is, and what has the name, if
// replaces has no error for that and precondition holds of it.
func (p *path) place(replaces func(node) error, precondition filestore.Precondition) (in int64, old node, err error) {
	if in, err = p.in(); err != nil {
		return 0, node{}, err
	}
	old = p.node()
	if old.there() {
		err = replaces(old)
	}
	if err == nil {
		err = precondition.Check(old.there(), old.ETag)
	}
	return in, old, err
}

// allow replaces what is there, or not.
func allow(replace bool) func(node) error {
	return func(node) error {
		if replace {
			return nil
		}
		return fs.ErrExist
	}
}
