package tftpsite

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var nameRows = []struct {
	name    string
	request string
	storage string
	want    place
	missing bool
}{
	{name: "plain name", request: "file1.dat", storage: "pub", want: place{"pub@main.dom", "file1.dat"}},
	{name: "plain name with a directory", request: "dirA/file1.dat", storage: "pub", want: place{"pub@main.dom", "dirA/file1.dat"}},
	{name: "one slash in front", request: "/file1.dat", storage: "pub", want: place{"pub@main.dom", "file1.dat"}},
	{name: "slash and account", request: "/john/file1.dat", storage: "pub", want: place{"john@main.dom", "file1.dat"}},
	{name: "tilde and account", request: "~john/file1.dat", storage: "pub", want: place{"john@main.dom", "file1.dat"}},
	{name: "slash, account, directory", request: "/john/dirB/file1.dat", want: place{"john@main.dom", "dirB/file1.dat"}},
	{name: "tilde, account, directory", request: "~john/dirB/file1.dat", want: place{"john@main.dom", "dirB/file1.dat"}},
	{name: "slash and account with domain", request: "/john@domain1.dom/dirB/file1.dat", want: place{"john@domain1.dom", "dirB/file1.dat"}},
	{name: "tilde and account with domain", request: "~john@domain1.dom/dirB/file1.dat", want: place{"john@domain1.dom", "dirB/file1.dat"}},
	{name: "tilde without a slash", request: "~file1.dat", storage: "pub", missing: true},
	{name: "share path of an account", request: "/john/protected/pwd/KEY/f", want: place{"john@main.dom", "protected/pwd/KEY/f"}},
	{name: "share path of an account, tilde", request: "~john/protected/pwd/KEY/f", want: place{"john@main.dom", "protected/pwd/KEY/f"}},
	{name: "share path of the default storage", request: "protected/pwd/KEY/f", storage: "pub", want: place{"pub@main.dom", "protected/pwd/KEY/f"}},
	{name: "account named protected", request: "/protected/pwd/KEY/f", storage: "pub", want: place{"protected@main.dom", "pwd/KEY/f"}},
	{name: "default storage with domain", request: "f", storage: "pub@domain1.dom", want: place{"pub@domain1.dom", "f"}},
	{name: "several slashes count as one", request: "///john/f", want: place{"john@main.dom", "f"}},
	{name: "several slashes before a plain name", request: "//f", storage: "pub", want: place{"pub@main.dom", "f"}},
	{name: "slash and tilde is an account that cannot be", request: "/~john/f", want: place{"~john@main.dom", "f"}},
	{name: "empty name", request: "", storage: "pub", missing: true},
	{name: "slash alone", request: "/", storage: "pub", missing: true},
	{name: "account and nothing else", request: "/john/", missing: true},
	{name: "tilde account and nothing else", request: "~john/", missing: true},
	{name: "no account after the tilde", request: "~/f", missing: true},
	{name: "domain behind a percent sign", request: "/john%domain1.dom/f", want: place{"john@domain1.dom", "f"}},
	{name: "default storage with a percent sign", request: "f", storage: "pub%domain1.dom", want: place{"pub@domain1.dom", "f"}},
	{name: "nothing behind the percent sign", request: "~john%/f", missing: true},
	{name: "no account before the domain", request: "~@domain1.dom/f", missing: true},
	{name: "empty domain", request: "~john@/f", missing: true},
	{name: "no default storage", request: "file1.dat", missing: true},
}

func TestLocate(t *testing.T) {
	t.Parallel()
	for _, row := range nameRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := locate(row.request, row.storage, "main.dom")
			if row.missing {
				require.ErrorIs(t, err, fs.ErrNotExist)
				return
			}
			require.NoError(t, err)
			require.Equal(t, row.want, got)
		})
	}
}

func FuzzLocate(f *testing.F) {
	for _, row := range nameRows {
		f.Add(row.request, row.storage)
	}
	f.Fuzz(func(t *testing.T, name, storage string) {
		got, err := locate(name, storage, "main.dom")
		if err != nil {
			require.ErrorIs(t, err, fs.ErrNotExist)
			return
		}
		require.NotEmpty(t, got.path)
		require.True(t, strings.HasSuffix(name, got.path))
		require.Contains(t, got.address, "@")
		if !strings.ContainsAny(name, "~") && !strings.HasPrefix(name, "/") {
			require.Equal(t, name, got.path)
		}
	})
}
