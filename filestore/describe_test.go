package filestore_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/memstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// TestListAttributes: whoever lists sees the entries that List shows them, with the
// attributes that Attributes tells them.
func TestListAttributes(t *testing.T) {
	t.Parallel()
	const john = "john@client1.com"
	d := fixture.New(func() filestore.Store { return memstore.New() })
	for name, content := range map[string]string{
		"a.txt": "a", "a.txt.meta": `<meta><title>A</title></meta>`,
		"b.txt": "b", "b.txt.meta": `<meta><title>B</title><ACL><subKey key="mary">r</subKey></ACL></meta>`,
		"c.txt": "c", "c.txt.meta": `<meta><title>C</title><ACL><subKey key="mary">ra</subKey></ACL></meta>`,
		"d.txt": "d", "d.txt.meta": `broken`,
		"e/x": "x", "e.meta": `<meta><title>E</title></meta>`,
		"orphan.meta":          `<meta><title>O</title></meta>`,
		"private/one":          "1",
		"private/one.meta":     `<meta><title>1</title><ACL><subKey key="mary">r</subKey></ACL></meta>`,
		"private/two":          "2",
		"private/two.meta":     `<meta><title>2</title></meta>`,
		"private.meta":         `<meta><accessPwd><key>key</key></accessPwd><ACL><subKey key="mary">l</subKey></ACL></meta>`,
		"private/box/file":     "f",
		"private/box.meta":     `<meta><ACL><subKey key="mary">lr</subKey></ACL></meta>`,
		"private/box/own":      "f",
		"private/box/own.meta": `<meta><title>own</title></meta>`,
	} {
		d.Write(t, john, name, content)
	}
	views := fixture.Views(d)
	described := 0
	for _, caller := range []string{"", "mary@client1.com", john, "admin@client1.com", "ann@client2.com"} {
		v := views.View(filestore.Caller{Account: caller}, john)
		for _, dir := range []string{filestore.Root, "private", "private/box", "e", "protected/pwd/key", "none", "a.txt"} {
			var want, got []string
			for info, err := range v.List(t.Context(), dir, "") {
				if err != nil {
					want = append(want, outcome(err))
					continue
				}
				line := info.Path()
				if told, err := v.Attributes(t.Context(), filestore.Join(dir, info.Name())); err == nil {
					for _, a := range told {
						line += " " + a.XML()
						described++
					}
				}
				want = append(want, line)
			}
			for entry, err := range v.ListAttributes(t.Context(), dir, "") {
				if err != nil {
					got = append(got, outcome(err))
					continue
				}
				line := entry.Path()
				for _, a := range entry.Attributes {
					line += " " + a.XML()
				}
				got = append(got, line)
			}
			require.Equal(t, strings.Join(want, "\n"), strings.Join(got, "\n"), "%q lists %s", caller, dir)
		}
	}
	require.Greater(t, described, 20)
}
