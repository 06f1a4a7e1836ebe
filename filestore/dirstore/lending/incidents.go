package lending

import (
	"log/slog"
	"sync"
	"time"

	"github.com/cgpkit/cgpkit/filestore"
)

// An incident is what the system refuses for some time. It is logged when it
// begins, and again if it goes on for that long; of directories that are denied
// so many are named each time. Our choice.
const (
	incidentTime = 10 * time.Minute
	maxDenied    = 10
)

// incidents logs what the system refuses to stores, once for each incident and
// not for each request. It is safe for concurrent use.
type incidents struct {
	log *slog.Logger
	now func() time.Time

	mu     sync.Mutex // guards all below
	byKind map[error]incident
}

type incident struct {
	began time.Time
	dirs  map[string]bool // that were logged
	more  int             // refusals that were not
}

// report looks at what a call of the store of root gave, and returns it. Where
// dirs differ they are told of one by one: a full disk is one, rights are each
// directory's own.
func (i *incidents) report(root string, err error) error {
	kind := filestore.HostKind(err)
	if kind == nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.now()
	at, more := i.byKind[kind], 0
	if age := now.Sub(at.began); age >= incidentTime || age < 0 { // the clock may have been set back
		at, more = incident{began: now, dirs: map[string]bool{}}, at.more
	}
	most := 1
	if kind == filestore.ErrHostDenied {
		most = maxDenied
	}
	if at.dirs[root] || len(at.dirs) >= most {
		at.more++
		i.byKind[kind] = at
		return err
	}
	at.dirs[root] = true
	if i.byKind == nil {
		i.byKind = map[error]incident{}
	}
	i.byKind[kind] = at
	i.log.Error("storage refused by the system", "dir", root, "count", more, filestore.LogError(err)) // so many since it was told last
	return err
}
