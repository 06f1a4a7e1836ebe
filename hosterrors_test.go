package cgpkit_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/httpsite"
	"github.com/cgpkit/cgpkit/internal/fixture"
	"github.com/cgpkit/cgpkit/tftpsite"
)

// failing is a store on a host that refuses everything, or all from a step on.
type failing struct {
	filestore.Store
	errno syscall.Errno
	step  string // "call", "write" or "commit"
}

func (s failing) fail(op, name string) error {
	host := &os.LinkError{Op: op, Old: "/host/" + name, New: "/host/new", Err: s.errno}
	return &fs.PathError{Op: op, Path: name, Err: filestore.HostError(host)}
}

func (s failing) Open(_ context.Context, name string) (filestore.File, error) {
	return nil, s.fail("open", name)
}

func (s failing) List(_ context.Context, dir string, _ filestore.ListOptions) iter.Seq2[filestore.FileInfo, error] {
	return func(yield func(filestore.FileInfo, error) bool) { yield(nil, s.fail("list", dir)) }
}

func (s failing) Create(ctx context.Context, name string, o filestore.CreateOptions, l filestore.Limits) (filestore.Upload, error) {
	if s.step == "call" {
		return nil, s.fail("create", name)
	}
	u, err := s.Store.Create(ctx, name, o, l)
	return failingUpload{u, s, name}, err
}

func (s failing) Mkdir(_ context.Context, name string, _ filestore.MkdirOptions, _ filestore.Limits) error {
	return s.fail("mkdir", name)
}

func (s failing) Remove(_ context.Context, name string, _ filestore.RemoveOptions) error {
	return s.fail("remove", name)
}

func (s failing) Rename(_ context.Context, from, _ string, _ filestore.RenameOptions) error {
	return s.fail("rename", from)
}

func (s failing) Copy(_ context.Context, from, _ string, _ filestore.CopyOptions, _ filestore.Limits) error {
	return s.fail("copy", from)
}

func (s failing) Usage(_ context.Context, dir string) (filestore.Usage, error) {
	return filestore.Usage{}, s.fail("usage", dir)
}

type failingUpload struct {
	filestore.Upload
	s    failing
	name string
}

func (u failingUpload) Write(p []byte) (int, error) {
	if u.s.step == "write" {
		return 0, u.s.fail("write", u.name)
	}
	return u.Upload.Write(p)
}

func (u failingUpload) Commit() (filestore.FileInfo, error) { return nil, u.s.fail("commit", u.name) }

// Every way in tells what the system refuses as what it is, whatever was asked
// for, and nothing of the host.
func TestErrorsOfTheSystem(t *testing.T) {
	t.Parallel()
	full := map[string]string{"HTTP": "507", "FTP": "452", "TFTP": "3", "CLI": "501"}
	denied := map[string]string{"HTTP": "403", "FTP": "550", "TFTP": "2", "CLI": "501"}
	exhausted := map[string]string{"HTTP": "503", "FTP": "421", "TFTP": "0", "CLI": "501"}
	fault := map[string]string{"HTTP": "500", "FTP": "451", "TFTP": "0", "CLI": "501"}
	for errno, want := range map[syscall.Errno]map[string]string{
		syscall.ENOSPC: full, syscall.EDQUOT: full, syscall.EFBIG: full,
		syscall.EROFS: denied, syscall.EACCES: denied, syscall.EPERM: denied,
		syscall.EMFILE: exhausted, syscall.ENFILE: exhausted, syscall.ENOMEM: exhausted,
		syscall.EIO: fault, syscall.ESTALE: fault, syscall.ETXTBSY: fault, syscall.EBUSY: fault, syscall.ENOENT: fault, syscall.EEXIST: fault,
	} {
		t.Run(fmt.Sprint(errno), func(t *testing.T) {
			t.Parallel()
			for _, step := range []string{"call", "write", "commit"} {
				store := memstore.New()
				d := fixture.New(func() filestore.Store { return store })
				d.Write(t, john, "f", "x")
				d.Write(t, john, "dir/x", "x")
				d.Update(john, func(a *fixture.Account) { a.Store = failing{store, errno, step} })
				for _, w := range []wayIn{overHTTP(t, d, nil), overFTP(t, d, nil), overCLI(t, d, nil)} {
					for _, operation := range []string{"read", "list", "write", "mkdir", "remove", "rename", "copy", "usage"} {
						if step != "call" && (operation != "write" || step == "write") {
							continue // what these clients write is empty
						}
						name := "f"
						if operation == "list" || operation == "mkdir" || operation == "usage" {
							name = "dir"
						}
						if got := w.try(t, john, operation, john, name); got != "" {
							require.Equal(t, want[w.name], got, "%s, %s, %s", w.name, operation, step)
						}
						if want[w.name] == "421" {
							w = overFTP(t, d, nil) // it has ended the session
						}
					}
				}
				tftp := tftpWay(t, &tftpsite.Server{Views: fixture.Views(asTFTPUser{d})}, "", func(account, name string) string { return "~" + account + "/" + name })
				if step == "call" {
					require.Equal(t, want["TFTP"], tftp.try(t, "", "read", john, "f"))
				}
				if step != "write" {
					require.Equal(t, want["TFTP"], tftp.try(t, "", "write", john, "f"))
				}
			}
		})
	}
}

// asTFTPUser has tftpuser manage every account.
type asTFTPUser struct{ *fixture.Directory }

func (d asTFTPUser) Account(ctx context.Context, address string) (filestore.Account, error) {
	if strings.HasPrefix(address, "tftpuser@") {
		return filestore.Account{Address: "tftpuser@client1.com"}, nil
	}
	return d.Directory.Account(ctx, address)
}

func (d asTFTPUser) Role(_ context.Context, caller filestore.Caller, _ string) (filestore.Role, error) {
	if caller.Account == "tftpuser@client1.com" {
		return filestore.Administrator, nil
	}
	return filestore.Stranger, nil
}

// What is written is refused in its middle, and the answer tells nothing of the
// host.
func TestErrorsOfTheSystemTellNothingOfTheHost(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	for _, step := range []string{"call", "write", "commit"} {
		store := memstore.New()
		d := fixture.New(func() filestore.Store { return store })
		d.Update(john, func(a *fixture.Account) { a.Store = failing{store, syscall.ENOSPC, step} })
		server := httptest.NewServer(&httpsite.Handler{Views: fixture.Views(d), Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		t.Cleanup(server.Close)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, server.URL+"/~john/f", strings.NewReader("content"))
		require.NoError(t, err)
		r.SetBasicAuth(john, "john-pw")
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		answer.Body.Close()
		require.Equal(t, `<?xml version="1.0" encoding="utf-8"?>`+"\n"+`<D:error xmlns:D="DAV:"><D:sufficient-disk-space/></D:error>`+"\n", string(body))
		require.Equal(t, http.StatusInsufficientStorage, answer.StatusCode)
	}
	require.Contains(t, log.String(), "no space left on device")
	require.NotContains(t, log.String(), "/host")
}
