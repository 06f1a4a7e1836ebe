package client_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/clisite/client"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/storetest"
	"github.com/cgpkit/cgpkit/meta"
)

// What is no answer is an error, and the connection is not used again.
func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	list := func(s *client.Storage) error { return second(s.ListStorageFiles(context.Background(), "")) }
	read := func(s *client.Storage) error { return second(s.ReadStorageFile(context.Background(), "f", 0, 10)) }
	info := func(s *client.Storage) error { return second(s.GetStorageFileInfo(context.Background(), "")) }
	attr := func(s *client.Storage) error { return second(s.ReadStorageFileAttr(context.Background(), "f")) }
	noop := func(s *client.Storage) error { return s.Client.Noop(context.Background()) }
	for _, row := range []struct {
		name   string
		call   func(s *client.Storage) error
		answer string
		want   error
	}{
		{"no code", noop, "hello\r\n", client.ErrProtocol},
		{"a code of two digits", noop, "20 OK\r\n", client.ErrProtocol},
		{"a code of four digits", noop, "2000 OK\r\n", client.ErrProtocol},
		{"a letter", noop, "2O0 OK\r\n", client.ErrProtocol},
		{"an empty line", noop, "\r\n\r\n\r\n", client.ErrProtocol},
		{"bytes", noop, "\xff\xff\xff\xff\xff", client.ErrProtocol},
		{"no end of text", noop, "200 " + strings.Repeat("x", 1<<20), client.ErrTooLong},
		{"a refusal without end", noop, "501 " + strings.Repeat("x", 1<<20), client.ErrTooLong},
		{"the end at once", noop, "", io.ErrUnexpectedEOF},
		{"the end in the code", noop, "20", io.ErrUnexpectedEOF},
		{"the end in the text", noop, "200 OK", io.ErrUnexpectedEOF},
		{"no data", list, "200 OK\r\n", client.ErrProtocol},
		{"data on the next line", list, "200 data follow\r\n{}\r\n", client.ErrProtocol},
		{"empty data", list, "201 \r\n", client.ErrProtocol},
		{"blank data", list, "201    \r\n", client.ErrProtocol},
		{"no listing", list, "201 (a,b)\r\n", client.ErrProtocol},
		{"a listing of strings", list, "201 {a=b;}\r\n", client.ErrProtocol},
		{"a listing that ends early", list, "201 {a={STFileSize=#1;};\r\n", client.ErrProtocol},
		{"a listing that is cut", list, "201 {a={STFileSize=#1;};", io.ErrUnexpectedEOF},
		{"a listing without end", list, "201 {" + strings.Repeat("a", 100<<10), client.ErrTooLong},
		{"a name twice", list, "201 {a={STFileSize=#1;};a={STFileSize=#2;};}\r\n", client.ErrProtocol},
		{"a file of less than nothing", list, "201 {a={STFileSize=#-1;};}\r\n", client.ErrProtocol},
		{"two listings", list, "201 {} {}\r\n", client.ErrProtocol},
		{"braces without end", list, "201 " + strings.Repeat("{a=", 10000) + "\r\n", client.ErrProtocol},
		{"brackets without end", read, "201 " + strings.Repeat("(", 10000) + "\r\n", client.ErrProtocol},
		{"no slice", read, "201 ([YQ==])\r\n", client.ErrProtocol},
		{"a slice of a string", read, "201 (YQ==,#T01-01-2020,#1)\r\n", client.ErrProtocol},
		{"bad base64", read, "201 ([Y\xffQ=],#T01-01-2020,#1)\r\n", client.ErrProtocol},
		{"more than asked for", read, "201 ([" + base64.StdEncoding.EncodeToString(make([]byte, 11)) + "],#T01-01-2020,#20)\r\n", client.ErrProtocol},
		{"more than there is", read, "201 ([YWI=],#T01-01-2020,#1)\r\n", client.ErrProtocol},
		{"a size of less than nothing", read, "201 ([],#T01-01-2020,#-1)\r\n", client.ErrProtocol},
		{"a size that is none", read, "201 ([],#T01-01-2020,many)\r\n", client.ErrProtocol},
		{"a slice without end", read, "201 ([" + strings.Repeat("AAAA", 100<<10), client.ErrTooLong},
		{"usage of less than nothing", info, "201 (#-1,#2)\r\n", client.ErrProtocol},
		{"usage of strings", info, "201 (1,2)\r\n", client.ErrProtocol},
		{"attributes that are none", attr, "201 (title)\r\n", client.ErrProtocol},
		{"attributes that are broken", attr, "201 (<a>)\r\n", client.ErrProtocol},
		{"an attribute without end", attr, "201 (<a" + strings.Repeat(" b", 100<<10), client.ErrTooLong},
		{"attributes in a string", attr, `201 ("<a/>")` + "\r\n", client.ErrProtocol},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := play(t, &script{answer: func(_ int, command string) string {
				if command == "NOOP x" {
					return "200 OK\r\n"
				}
				return row.answer
			}})
			c := s.client(t)
			c.MaxAnswer = 64 << 10
			require.ErrorIs(t, row.call(c.Storage("")), row.want)
			_, err := c.Do(t.Context(), "NOOP x")
			require.NoError(t, err)
			require.Equal(t, 2, s.sessions)
		})
	}
}

// What nobody has asked for is no answer to the next command.
func TestTooManyAnswers(t *testing.T) {
	t.Parallel()
	s := play(t, &script{answer: func(_ int, command string) string {
		if command == "NOOP" {
			return "200 OK\r\n201 (#7,#7)\r\n"
		}
		return "201 (#1,#2)\r\n"
	}})
	c := s.client(t)
	c.MaxConnections = 1
	require.NoError(t, c.Noop(t.Context()))
	u, err := c.Storage("").GetStorageFileInfo(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, filestore.Usage{Bytes: 1, Files: 2}, u)
}

// Names that lead elsewhere come as errors, and the others come.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	names := append(storetest.HostileNames(), "a/b", ".", "..")
	text := []byte("201 {")
	shown := map[string]bool{}
	for _, name := range names {
		if strings.ContainsRune(name, 0) || name == "" || shown[name] {
			continue // no text has it
		}
		shown[name] = true
		text = append(text, '"')
		for _, b := range []byte(name) {
			text = fmt.Appendf(text, `\%03d`, b)
		}
		text = append(text, `"={STFileSize=#1;};`...)
	}
	text = append(text, "good={STFileSize=#1;};}\r\n"...)
	s := play(t, &script{answer: func(int, string) string { return string(text) }})
	refused, good := 0, 0
	for i, err := range s.client(t).Storage("").List(t.Context(), "dir", "") {
		if err != nil {
			require.ErrorIs(t, err, fs.ErrInvalid)
			refused++
			continue
		}
		require.Equal(t, "dir/good", i.Path())
		good++
	}
	require.Equal(t, 1, good)
	require.Equal(t, len(shown), refused)
}

// Listings of other servers: a directory is what has no numeric size.
func TestListingsOfOthers(t *testing.T) {
	t.Parallel()
	s := play(t, &script{answer: func(int, string) string {
		return `201 {a={STFileSize=#5;STModified=#T22-10-2005_15:24:45;STCreated=#T01-01-2005;MetaModified=#T23-10-2005_00:00:01;};` +
			` b=(); c={STModified=#T22-10-2005_15:24:45;}; d={STFileSize="";}; "e f"={STFileSize=#0;X="\q";};}` + "\r\n"
	}})
	all, err := s.client(t).Storage("").ListStorageFiles(t.Context(), "")
	require.NoError(t, err)
	noon := time.Date(2005, 10, 22, 15, 24, 45, 0, time.UTC)
	require.Equal(t, []client.Entry{
		{Name: "a", Size: 5, Modified: noon, Created: time.Date(2005, 1, 1, 0, 0, 0, 0, time.UTC), MetaModified: time.Date(2005, 10, 23, 0, 0, 1, 0, time.UTC)},
		{Name: "b", Directory: true}, {Name: "c", Directory: true, Modified: noon}, {Name: "d", Directory: true}, {Name: "e f"},
	}, all)
}

// A server whose refusals say nothing that is known is asked in another way.
func TestServerWithOtherTexts(t *testing.T) {
	t.Parallel()
	s := play(t, &script{answer: func(_ int, command string) string {
		if strings.HasPrefix(command, "LIST") {
			return "201 {dir=();file={STFileSize=#3;};}\r\n"
		}
		return "501 what you want is not to be\r\n"
	}})
	storage := s.client(t).Storage("")
	i, err := storage.Stat(t.Context(), "dir")
	require.NoError(t, err)
	require.True(t, i.IsDir())
	i, err = storage.Stat(t.Context(), "file")
	require.NoError(t, err)
	require.Equal(t, int64(3), i.Size())
	_, err = storage.Stat(t.Context(), "none")
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = storage.Open(t.Context(), "dir")
	require.ErrorIs(t, err, filestore.ErrIsDirectory)
	_, err = storage.Open(t.Context(), "none")
	require.ErrorIs(t, err, fs.ErrNotExist)
	var told *client.Error
	_, err = storage.Open(t.Context(), "file")
	require.ErrorAs(t, err, &told)
	require.Equal(t, "what you want is not to be", told.Text)
}

// calls are all ways to read an answer.
var calls = []func(ctx context.Context, c *client.Client) error{
	func(ctx context.Context, c *client.Client) error { return c.Noop(ctx) },
	func(ctx context.Context, c *client.Client) error { return second(c.Do(ctx, "LISTDOMAINS")) },
	func(ctx context.Context, c *client.Client) error { return second(c.ListDomains(ctx)) },
	func(ctx context.Context, c *client.Client) error { return second(c.MainDomainName(ctx)) },
	func(ctx context.Context, c *client.Client) error { return second(c.ListAccounts(ctx, "")) },
	func(ctx context.Context, c *client.Client) error { return second(c.Storage("").Limits(ctx)) },
	func(ctx context.Context, c *client.Client) error { return second(c.Storage("").Stat(ctx, "f")) },
	func(ctx context.Context, c *client.Client) error { return second(get(ctx, c.Storage(""), "f")) },
	func(ctx context.Context, c *client.Client) error {
		return second(c.Storage("").GetStorageFileInfo(ctx, ""))
	},
	func(ctx context.Context, c *client.Client) error { return second(c.Storage("").Attributes(ctx, "f")) },
	func(ctx context.Context, c *client.Client) error {
		return c.Storage("").SetAttributes(ctx, "f", meta.RevokeKey("k"))
	},
	func(ctx context.Context, c *client.Client) error {
		for i, err := range c.Storage("").List(ctx, "d", "") {
			if err == nil && filestore.CheckName(i.Path()) != nil {
				panic("a name that is none: " + i.Path())
			}
		}
		return nil
	},
	func(ctx context.Context, c *client.Client) error {
		return second(put(ctx, c.Storage(""), "f", make([]byte, 3000), filestore.CreateOptions{Offset: filestore.End}))
	},
	func(ctx context.Context, c *client.Client) error {
		return c.Storage("").Rename(ctx, "a", "b", filestore.RenameOptions{Replace: true})
	},
	func(ctx context.Context, c *client.Client) error {
		return c.Storage("").Copy(ctx, "a", "b", filestore.CopyOptions{Replace: true})
	},
	func(ctx context.Context, c *client.Client) error {
		return c.Storage("").Remove(ctx, "a", filestore.RemoveOptions{Recursive: true})
	},
}

// FuzzAnswers has a server that says anything, from the greeting on, and ends. Nothing
// must hang, panic, or take more memory than answers may have.
func FuzzAnswers(f *testing.F) {
	login := "200 ready\r\n300 more\r\n200 OK\r\n200 OK\r\n"
	for _, text := range []string{
		"", login, "200 <a@b>\r\n", login + "200 OK\r\n", login + "500 unknown command\r\n", login + "501 is a folder\r\n201 {f={STFileSize=#3;};}\r\n",
		login + "201 {a=();b={STFileSize=#5;STModified=#T22-10-2005_15:24:45;};}\r\n", login + "201 ([YWJj],#T22-10-2005,#3)\r\n",
		login + "201 ([YWJj],#T22-10-2005,#9)\r\n201 ([YWJj],#T22-10-2005,#9)\r\n201 ([YWJj],#T22-10-2005,#9)\r\n",
		login + "201 (<a>b</a><ACL/>)\r\n200 OK\r\n", login + "201 {MaxWebSize=10M;MaxWebFiles=#7;}\r\n", login + "201 (#1,#2)\r\n", login + "201 name\r\n", login + "201 (a,b)\r\n",
	} {
		for i := range calls {
			f.Add(byte(i), []byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, which byte, text []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var served sync.WaitGroup
		dials := 0
		c := &client.Client{
			User: "john", Password: "x", Login: client.LoginClear, SliceBytes: 1000, MaxAnswer: 1 << 20,
			Dial: func(context.Context, string, string) (net.Conn, error) {
				if dials++; dials > 8 {
					return nil, fs.ErrClosed
				}
				ours, theirs := net.Pipe()
				served.Go(func() { io.Copy(io.Discard, theirs) })
				served.Go(func() {
					theirs.Write(text)
					theirs.Close()
				})
				return ours, nil
			},
		}
		calls[int(which)%len(calls)](ctx, c)
		if err := ctx.Err(); err != nil {
			t.Fatal("it hangs")
		}
		c.Close()
		served.Wait()
	})
}

// A long listing takes a bounded amount of memory, and one that is too long is refused.
func TestLongListing(t *testing.T) {
	const entries = 50_000
	var text bytes.Buffer
	text.WriteString("201 {")
	for i := range entries {
		fmt.Fprintf(&text, "file%06d={STFileSize=#12345;STModified=#T22-10-2005_15:24:45;};", i)
	}
	text.WriteString("}\r\n")
	answer := text.String()
	s := play(t, &script{answer: func(int, string) string { return answer }})
	c := s.client(t)
	before := allocated()
	all, err := c.Storage("").ListStorageFiles(t.Context(), "")
	require.NoError(t, err)
	require.Len(t, all, entries)
	require.True(t, slices.IsSortedFunc(all, func(a, b client.Entry) int { return strings.Compare(a.Name, b.Name) }))
	t.Logf("%d bytes of text, %d bytes allocated", len(answer), allocated()-before)
	require.Less(t, allocated()-before, int64(40*len(answer)))
	c.MaxAnswer = int64(len(answer)) / 2
	_, err = c.Storage("").ListStorageFiles(t.Context(), "")
	require.ErrorIs(t, err, client.ErrTooLong)
}

func allocated() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.TotalAlloc)
}
