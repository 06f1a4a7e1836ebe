package filestore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"time"
)

// FreeBusyBuilder is an addition to [Accounts] that makes the file freebusy.vfb at the
// top of a storage when somebody who may read it looks at it or opens it
// (CommuniGate Pro Guide, File Storage, "Virtual Files and Folders"). It must be
// safe for concurrent use.
type FreeBusyBuilder interface {
	// BuildFreeBusy returns what the file of the account with this real address is to
	// be. It gets what is stored, nil if nothing is, and returns nil if that is to
	// stay. There is one call at a time for each account, and others wait for its
	// answer: so the context does not end with the request that asks first, and an
	// error is one for all of them.
	BuildFreeBusy(ctx context.Context, account string, stored *StoredFreeBusy) (*FreeBusyFile, error)
}

// StoredFreeBusy is the file freebusy.vfb that an account has.
type StoredFreeBusy struct {
	FileInfo
	// Open opens it, as it is now.
	Open func(ctx context.Context) (File, error)
}

// FreeBusyFile is what a [FreeBusyBuilder] has made. Use field names.
type FreeBusyFile struct {
	Content []byte
	// Keep stores the content, as a write of the account itself, within its
	// limits. If that fails the content is served all the same. What is stored
	// and is not kept any more is removed, unless it has a sidecar.
	Keep bool
	// ModTime is the time of content that is not stored.
	ModTime time.Time
}

// built asks the builder about a name; nil if what is stored has to be served.
func (v *View) built(ctx context.Context, a access) (*FreeBusyFile, error) {
	builder, ok := v.views.directory.(FreeBusyBuilder)
	if !ok || a.name != freeBusyFile || a.mount != "" || a.share {
		return nil, nil
	}
	return v.views.memory.once(ctx, a.Address, func(ctx context.Context) (*FreeBusyFile, error) {
		return a.build(ctx, builder)
	})
}

func (a access) build(ctx context.Context, builder FreeBusyBuilder) (*FreeBusyFile, error) {
	var stored *StoredFreeBusy
	switch info, err := a.Store.Stat(ctx, a.name); {
	case err == nil && info.IsDir(): // somebody else has put it there
		return nil, nil
	case err == nil:
		stored = &StoredFreeBusy{info, func(ctx context.Context) (File, error) { return a.Store.Open(ctx, a.name) }}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	b, err := builder.BuildFreeBusy(ctx, a.Address, stored)
	if err != nil {
		return nil, pathError("build", a.name, fmt.Errorf("build: %w", HostError(err))) // opaque: a fault must not look like a missing file
	}
	if b == nil || b.Keep && a.keep(ctx, stored, b) == nil {
		return nil, nil
	}
	if stored != nil {
		a.clear(ctx, stored)
	}
	return b, nil
}

// clear removes what is outdated, unless it has a sidecar: that would go with it,
// and tells who may read the file. What stays is found outdated again at the next
// look.
func (a access) clear(ctx context.Context, stored *StoredFreeBusy) {
	if stored.Sidecar() == nil {
		_ = a.Store.Remove(ctx, a.name, RemoveOptions{If: Precondition{ETag: stored.ETag()}})
	}
}

// keep stores what was built, unless somebody else has stored something.
func (a access) keep(ctx context.Context, stored *StoredFreeBusy, b *FreeBusyFile) error {
	o := CreateOptions{Size: int64(len(b.Content)), If: Precondition{Absent: stored == nil}}
	if stored != nil {
		o.If.ETag = stored.ETag()
	}
	return a.put(ctx, b.Content, o)
}

// building is a call of a builder under way.
type building struct {
	done  chan struct{}
	built *FreeBusyFile
	err   error
}

var errBuild = errors.New("build did not end")

// once calls build, or waits for a call that is under way for the same account.
func (m *memory) once(ctx context.Context, account string, build func(context.Context) (*FreeBusyFile, error)) (*FreeBusyFile, error) {
	m.mu.Lock()
	if b, ok := m.builds[account]; ok {
		m.mu.Unlock()
		select {
		case <-b.done:
			return b.built, b.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	b := &building{done: make(chan struct{}), err: errBuild} // the error is for a panic
	if m.builds == nil {
		m.builds = map[string]*building{}
	}
	m.builds[account] = b
	m.mu.Unlock()
	defer func() {
		m.mu.Lock()
		delete(m.builds, account)
		m.mu.Unlock()
		close(b.done)
	}()
	b.built, b.err = build(context.WithoutCancel(ctx))
	return b.built, b.err
}

// entry describes content that is not stored.
func (b *FreeBusyFile) entry(name string) Entry {
	sum := sha256.Sum256(b.Content)
	return Entry{Path: name, Mode: 0o640, Size: int64(len(b.Content)), ModTime: b.ModTime, ETag: fmt.Sprintf(`"%x"`, sum[:16])}
}
