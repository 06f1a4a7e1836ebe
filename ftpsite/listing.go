package ftpsite

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// ReadDir is LIST, NLST and MLSD. Entries that cannot be read are left out;
// where nothing can be read, the error is the answer.
func (d driver) ReadDir(path string) (_ []os.FileInfo, err error) {
	defer d.s.settle(&err)
	p, err := d.s.locate(path)
	if err != nil || p.empty() {
		return nil, err
	}
	var entries []os.FileInfo
	var failure error
	for found, err := range p.view.List(d.s.transfer.ctx, p.name) {
		switch {
		case err != nil:
			d.s.log.Warn("entry left out of a listing", "err", err)
			failure = err
		case filestore.CheckName(found.Name()) == nil: // nothing that breaks a line
			entries = append(entries, newInfo(found, found.Name()))
		}
	}
	if err := d.s.transfer.ctx.Err(); err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, failure
	}
	slices.SortFunc(entries, func(a, b os.FileInfo) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

func (s *session) stat(p place) (*info, error) {
	if p.empty() {
		return &info{name: "/", mode: directoryMode, modTime: time.Unix(0, 0).UTC()}, nil
	}
	look := p.view.Stat
	if s.command.verb == "RNFR" {
		look = p.view.Target // whoever may rename needs no right to read
	}
	found, err := look(s.ctx, p.name)
	if err == nil && found == nil {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	return newInfo(found, found.Name()), nil
}

// The permission bits of all entries: FTP has no way to show who is asking.
const (
	fileMode      = fs.FileMode(0o644)
	directoryMode = fs.ModeDir | 0o755
)

// info is an entry as listings show it.
type info struct {
	name    string
	size    int64
	mode    fs.FileMode
	modTime time.Time
}

func newInfo(found filestore.FileInfo, name string) *info {
	i := &info{name: name, mode: directoryMode, modTime: found.ModTime().UTC()}
	if !found.IsDir() {
		i.mode, i.size = fileMode, found.Size()
	}
	return i
}

func (i *info) Name() string       { return i.name }
func (i *info) Size() int64        { return i.size }
func (i *info) Mode() fs.FileMode  { return i.mode }
func (i *info) ModTime() time.Time { return i.modTime }
func (i *info) IsDir() bool        { return i.mode.IsDir() }
func (i *info) Sys() any           { return nil }
