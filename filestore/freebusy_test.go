package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// building is a directory with a builder.
type building struct {
	*fixture.Directory
	calls *atomic.Int32
	build func(ctx context.Context, account string, stored *filestore.StoredFreeBusy) (*filestore.FreeBusyFile, error)
}

func (b building) BuildFreeBusy(ctx context.Context, account string, stored *filestore.StoredFreeBusy) (*filestore.FreeBusyFile, error) {
	b.calls.Add(1)
	return b.build(ctx, account, stored)
}

const freeBusy = "freebusy.vfb"

// withBuilder returns john's house with a builder that makes what is missing.
func withBuilder(t *testing.T, keep bool) building {
	t.Helper()
	d := house(t)
	return building{d, &atomic.Int32{}, func(_ context.Context, account string, stored *filestore.StoredFreeBusy) (*filestore.FreeBusyFile, error) {
		if stored != nil {
			return nil, nil
		}
		return &filestore.FreeBusyFile{Content: []byte("busy " + account), Keep: keep, ModTime: time.Unix(1e9, 0)}, nil
	}}
}

func content(t testing.TB, v *filestore.View, name string) string {
	t.Helper()
	f, err := v.Open(t.Context(), name)
	if err != nil {
		return outcome(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	require.NoError(t, err)
	return string(text)
}

func TestViewBuildsFreeBusy(t *testing.T) {
	t.Parallel()
	d := withBuilder(t, true)
	stranger, john := fixture.Views(d).View(callers["stranger"], owner), fixture.Views(d).View(callers["owner"], owner)
	require.NotContains(t, names(t, john, filestore.Root), freeBusy, "what is not stored is not listed")
	require.Equal(t, "busy "+owner, content(t, stranger, freeBusy))
	info, err := stranger.Stat(t.Context(), freeBusy)
	require.NoError(t, err)
	require.EqualValues(t, len("busy "+owner), info.Size())
	stored, ok := d.Read(t, owner, freeBusy)
	require.True(t, ok)
	require.Equal(t, "busy "+owner, stored)
	require.Contains(t, names(t, stranger, filestore.Root), freeBusy)

	require.NoError(t, john.Remove(t.Context(), freeBusy, filestore.RemoveOptions{}))
	_, err = stranger.Stat(t.Context(), freeBusy)
	require.NoError(t, err, "a look builds it as well")
	_, ok = d.Read(t, owner, freeBusy)
	require.True(t, ok)

	before := d.calls.Load()
	for _, name := range []string{"Freebusy.vfb", "dir/freebusy.vfb", "freebusy.vfb/x", "protected/pwd/rootkey/freebusy.vfb", "missing"} {
		require.Equal(t, "not there", content(t, stranger, name), name)
	}
	require.Equal(t, "refused", content(t, stranger, "private/freebusy.vfb"))
	require.Equal(t, before, d.calls.Load(), "other names are not built")
	d.Update(owner, func(a *fixture.Account) { a.WebSite = false })
	require.Equal(t, "not there", content(t, fixture.Views(d).View(callers["stranger"], owner), freeBusy))
	require.Equal(t, before, d.calls.Load(), "nor is it for those who may not read it")
}

// What does not fit, or is not to be kept, is served all the same.
func TestViewServesWhatIsNotStored(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		d := withBuilder(t, keep)
		if keep {
			d.Update(owner, func(a *fixture.Account) { a.Limits = filestore.Limits{} })
		}
		v := fixture.Views(d).View(callers["stranger"], owner)
		require.Equal(t, "busy "+owner, content(t, v, freeBusy))
		f, err := v.Open(t.Context(), freeBusy)
		require.NoError(t, err)
		defer f.Close()
		opened, err := f.Stat()
		require.NoError(t, err)
		info, err := v.Stat(t.Context(), freeBusy)
		require.NoError(t, err)
		require.Equal(t, freeBusy, info.Name())
		require.Equal(t, freeBusy, info.Path())
		require.False(t, info.IsDir())
		require.Equal(t, time.Unix(1e9, 0), info.ModTime())
		require.Regexp(t, `^"[0-9a-f]{32}"$`, info.ETag())
		require.Equal(t, info.ETag(), opened.(filestore.FileInfo).ETag())
		_, stored := d.Read(t, owner, freeBusy)
		require.False(t, stored)
	}
}

// What is outdated does not stay when it cannot be replaced, unless a sidecar
// would go with it that tells who may read the file.
func TestViewRemovesWhatIsOutdated(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		keep, roomy bool
		sidecar     string
		stored      string
	}{
		{name: "replaced", keep: true, roomy: true, stored: "new"},
		{name: "no room", keep: true},
		{name: "not to be kept", roomy: true},
		{name: "replaced under its sidecar", keep: true, roomy: true, sidecar: "<meta/>", stored: "new"},
		{name: "no room under its sidecar", keep: true, sidecar: "<meta/>", stored: "ol"},
		{name: "not to be kept under its sidecar", roomy: true, sidecar: "<meta/>", stored: "ol"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := withBuilder(t, true)
			d.Write(t, owner, freeBusy, "ol")
			if tt.sidecar != "" {
				d.Write(t, owner, freeBusy+".meta", tt.sidecar)
			}
			if !tt.roomy {
				d.Update(owner, func(a *fixture.Account) { a.Limits = filestore.Limits{} })
			}
			d.build = func(context.Context, string, *filestore.StoredFreeBusy) (*filestore.FreeBusyFile, error) {
				return &filestore.FreeBusyFile{Content: []byte("new"), Keep: tt.keep}, nil
			}
			require.Equal(t, "new", content(t, fixture.Views(d).View(callers["owner"], owner), freeBusy))
			stored, _ := d.Read(t, owner, freeBusy)
			require.Equal(t, tt.stored, stored)
			sidecar, _ := d.Read(t, owner, freeBusy+".meta")
			require.Equal(t, tt.sidecar, sidecar)
		})
	}
}

// A directory in the place of the file is what it is.
func TestViewDoesNotBuildOverADirectory(t *testing.T) {
	t.Parallel()
	d := withBuilder(t, true)
	require.NoError(t, d.Files(t, owner).Mkdir(t.Context(), freeBusy, filestore.MkdirOptions{}, boundless))
	v := fixture.Views(d).View(callers["stranger"], owner)
	info, err := v.Stat(t.Context(), freeBusy)
	require.NoError(t, err)
	require.True(t, info.IsDir())
	_, err = v.Open(t.Context(), freeBusy)
	require.ErrorIs(t, err, filestore.ErrIsDirectory)
	require.Zero(t, d.calls.Load())
}

// An upload that comes while the file is built is not removed.
func TestViewKeepsWhatComesMeanwhile(t *testing.T) {
	t.Parallel()
	d := withBuilder(t, false)
	d.Write(t, owner, freeBusy, "old")
	d.build = func(context.Context, string, *filestore.StoredFreeBusy) (*filestore.FreeBusyFile, error) {
		d.Write(t, owner, freeBusy, "upload")
		return &filestore.FreeBusyFile{Content: []byte("built")}, nil
	}
	require.Equal(t, "built", content(t, fixture.Views(d).View(callers["owner"], owner), freeBusy))
	stored, _ := d.Read(t, owner, freeBusy)
	require.Equal(t, "upload", stored)
}

// What is stored is replaced when the builder says so, and served when it does
// not. A fault of the builder is no missing file.
func TestViewRebuilds(t *testing.T) {
	t.Parallel()
	d := withBuilder(t, true)
	v := fixture.Views(d).View(callers["stranger"], owner)
	d.Write(t, owner, freeBusy, "old")
	require.Equal(t, "old", content(t, v, freeBusy))
	d.build = func(_ context.Context, _ string, stored *filestore.StoredFreeBusy) (*filestore.FreeBusyFile, error) {
		require.EqualValues(t, 3, stored.Size())
		f, err := stored.Open(t.Context())
		require.NoError(t, err)
		defer f.Close()
		text, err := io.ReadAll(f)
		require.NoError(t, err)
		require.Equal(t, "old", string(text))
		return &filestore.FreeBusyFile{Content: []byte("new"), Keep: true}, nil
	}
	v = fixture.Views(d).View(callers["stranger"], owner)
	require.Equal(t, "new", content(t, v, freeBusy))
	stored, _ := d.Read(t, owner, freeBusy)
	require.Equal(t, "new", stored)
	d.build = func(context.Context, string, *filestore.StoredFreeBusy) (*filestore.FreeBusyFile, error) {
		return nil, fs.ErrNotExist
	}
	_, err := fixture.Views(d).View(callers["stranger"], owner).Open(t.Context(), freeBusy)
	require.Error(t, err)
	require.NotErrorIs(t, err, fs.ErrNotExist)
}

// Many readers at once wait for one builder, who goes on when the first of them
// has gone.
func TestViewBuildsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := withBuilder(t, false)
		release := make(chan struct{})
		d.build = func(ctx context.Context, _ string, _ *filestore.StoredFreeBusy) (*filestore.FreeBusyFile, error) {
			<-release
			return &filestore.FreeBusyFile{Content: []byte("busy")}, ctx.Err()
		}
		v := fixture.Views(d).View(callers["stranger"], owner)
		ctx, cancel := context.WithCancel(t.Context())
		got := make([]string, 50)
		for i := range got {
			go func() { got[i] = content(t, v, freeBusy) }()
			if i == 0 {
				synctest.Wait() // it is the one that builds
			}
		}
		var gone error
		go func() { _, gone = v.Stat(ctx, freeBusy) }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		require.ErrorIs(t, gone, context.Canceled, "nobody has to wait")
		close(release)
		synctest.Wait()
		for _, text := range got {
			require.Equal(t, "busy", text)
		}
		require.EqualValues(t, 1, d.calls.Load())
	})
}

// A builder that panics leaves nobody waiting.
func TestViewBuilderPanics(t *testing.T) {
	t.Parallel()
	d := withBuilder(t, false)
	d.build = func(context.Context, string, *filestore.StoredFreeBusy) (*filestore.FreeBusyFile, error) {
		panic("builder")
	}
	v := fixture.Views(d).View(callers["stranger"], owner)
	for range 2 {
		require.PanicsWithValue(t, "builder", func() { _, _ = v.Stat(t.Context(), freeBusy) })
	}
	d.build = func(ctx context.Context, _ string, _ *filestore.StoredFreeBusy) (*filestore.FreeBusyFile, error) {
		return nil, fmt.Errorf("after: %w", errors.Join(ctx.Err()))
	}
	_, err := fixture.Views(d).View(callers["stranger"], owner).Stat(t.Context(), freeBusy)
	require.ErrorContains(t, err, "after")
}
