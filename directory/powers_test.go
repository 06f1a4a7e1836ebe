package directory_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
)

// ruled is a base all of whose accounts are administrators.
type ruled struct{ *directory.Base }

func (ruled) Role(context.Context, filestore.Caller, string) (filestore.Role, error) {
	return filestore.Administrator, nil
}

// What stands between a client and a store takes nothing away that the store can do
// beyond what it must: be filled and sent by the kernel, and count anew. Nor does it
// add what the store cannot.
func TestOptionalPowers(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(root string, create bool) (filestore.Store, error){
		"all": onDisk, "none": func(string, bool) (filestore.Store, error) { return memstore.New(), nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := name == "all"
			b := newBase(t, files{
				"Accounts/john.macnt/": "", "Accounts/Settings/WebSkins/gold/": "", "Accounts/Settings/PBXApp/": "",
			}, directory.Options{OpenStore: open})
			view := filestore.NewViews(ruled{b.Base}, b.Stores(), nil).View(filestore.Caller{Account: "john@main.example"}, "john@main.example")
			if !all {
				require.NoError(t, view.Mkdir(t.Context(), "$DomainSkins/gold"))
			}
			for path, stored := range map[string]string{
				"file": "john.macnt/account.web/file", "$DomainPBXApp/file": "Settings/PBXApp/file",
				"$DomainSkins/$unnamed$/file": "Settings/WebSkins/file", "$DomainSkins/gold/file": "Settings/WebSkins/gold/file",
			} {
				u, err := view.Create(t.Context(), path, filestore.CreateOptions{})
				require.NoError(t, err, path)
				_, fills := u.(io.ReaderFrom)
				require.Equal(t, all, fills, path)
				_, err = io.Copy(u, strings.NewReader("content"))
				require.NoError(t, err, path)
				_, err = u.Commit()
				require.NoError(t, err, path)
				if all {
					content, err := os.ReadFile(filepath.Join(b.dir, "Accounts", stored))
					require.NoError(t, err, path)
					require.Equal(t, "content", string(content), path)
				}
				f, err := view.Open(t.Context(), path)
				require.NoError(t, err, path)
				_, sends := f.(syscall.Conn)
				require.Equal(t, all, sends, path)
				require.NoError(t, f.Close())
			}
			account, err := b.Account(t.Context(), "john@main.example")
			require.NoError(t, err)
			counter, ok := account.Store.(filestore.Rescanner)
			require.True(t, ok)
			_, after, err := counter.Rescan(t.Context())
			require.NoError(t, err)
			if all {
				require.Equal(t, filestore.Usage{Files: 1, Bytes: 7}, after)
			}
		})
	}
}

// An upload that ends while the kernel fills it tells of the name that its client
// used, and of none in the store.
func TestErrorOfMountedUpload(t *testing.T) {
	t.Parallel()
	b := newBase(t, files{"Accounts/john.macnt/": "", "Accounts/Settings/WebSkins/gold/": ""}, directory.Options{OpenStore: onDisk})
	view := filestore.NewViews(ruled{b.Base}, b.Stores(), nil).View(filestore.Caller{Account: "john@main.example"}, "john@main.example")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	u, err := view.Create(ctx, "$DomainSkins/$unnamed$/file", filestore.CreateOptions{})
	require.NoError(t, err)
	defer u.Abort()
	cancel()
	_, err = u.(io.ReaderFrom).ReadFrom(strings.NewReader("content"))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "$DomainSkins/$unnamed$/file")
}
