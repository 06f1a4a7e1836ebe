package meta_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/meta"
)

// element reads a property as a client sends it.
func element(t testing.TB, src string) meta.Attribute {
	t.Helper()
	e, err := meta.ParseElement([]byte(src))
	require.NoError(t, err)
	return e.Attribute()
}

func properties(d *meta.Document) []string {
	var all []string
	for _, a := range meta.Properties(d.Attributes()) {
		all = append(all, a.String()+" "+a.XML())
	}
	return all
}

func TestChangeProperties(t *testing.T) {
	t.Parallel()
	for _, before := range []string{
		`<meta/>`,
		"<meta>\n  <title>T</title>\n</meta>\n",
		`<meta xmlns="urn:vendor"><title>T</title></meta>`,
		`<m:meta xmlns:m="urn:vendor" xmlns:w="https://github.com/cgpkit/cgpkit/webdav"><w:props/></m:meta>`,
	} {
		d, err := meta.Parse([]byte(before))
		require.NoError(t, err)
		set := func(src string) meta.PropertyChange { return meta.PropertyChange{Set: element(t, src)} }
		d, err = d.Apply(meta.ChangeProperties(set(`<a xmlns="x:">1</a>`), set(`<b>2</b>`), set(`<p:a xmlns:p="y:"/>`)))
		require.NoError(t, err)
		require.Equal(t, []string{`{x:}a <a xmlns="x:">1</a>`, `b <b>2</b>`, `{y:}a <p:a xmlns:p="y:"/>`}, properties(d), before)
		again, err := d.Apply(meta.ChangeProperties(set(`<b>2</b>`), meta.PropertyChange{Remove: xml.Name{Local: "none"}}))
		require.NoError(t, err)
		require.Equal(t, string(d.Bytes()), string(again.Bytes()), "nothing has changed")
		d, err = d.Apply(meta.ChangeProperties(meta.PropertyChange{Remove: xml.Name{Local: "b"}}, set(`<p:a xmlns:p="x:">3</p:a>`), set(`<b>4</b>`)))
		require.NoError(t, err)
		require.Equal(t, []string{`{x:}a <p:a xmlns:p="x:">3</p:a>`, `{y:}a <p:a xmlns:p="y:"/>`, `b <b>4</b>`}, properties(d), before)
		require.Equal(t, strings.Contains(before, "title"), strings.Contains(string(d.Bytes()), "<title>T</title>"))
		var all []meta.PropertyChange
		for _, name := range []xml.Name{{Local: "b"}, {Space: "x:", Local: "a"}, {Space: "y:", Local: "a"}} {
			all = append(all, meta.PropertyChange{Remove: name})
		}
		d, err = d.Apply(meta.ChangeProperties(all...))
		require.NoError(t, err)
		require.Empty(t, properties(d))
		require.NotContains(t, string(d.Bytes()), "props")
	}
}

// Properties whose prefixes are declared by the document around them, and several groups of
// them, as another program may have written them.
func TestPropertiesOfOthers(t *testing.T) {
	t.Parallel()
	d, err := meta.Parse([]byte(`<meta xmlns="urn:v" xmlns:w="https://github.com/cgpkit/cgpkit/webdav" xmlns:x="x:"><w:props><x:a>1</x:a><b/></w:props><w:props><x:c x:d="2"/></w:props></meta>`))
	require.NoError(t, err)
	want := []string{`{x:}a <x:a xmlns:x="x:">1</x:a>`, `{urn:v}b <b xmlns="urn:v"/>`, `{x:}c <x:c xmlns:x="x:" x:d="2"/>`}
	require.Equal(t, want, properties(d))
	d, err = d.Apply(meta.ChangeProperties(meta.PropertyChange{Set: element(t, `<x:c xmlns:x="x:"/>`)}))
	require.NoError(t, err)
	require.Equal(t, append(want[:2:2], `{x:}c <x:c xmlns:x="x:"/>`), properties(d))
}

// A property grants nothing, whatever its name, and a change of properties is none of what
// grants.
func TestPropertiesGrantNothing(t *testing.T) {
	t.Parallel()
	for _, namespace := range []string{"", "urn:v"} {
		d, err := meta.New(namespace)
		require.NoError(t, err)
		change := meta.ChangeProperties(
			meta.PropertyChange{Set: element(t, `<accessPwd xmlns="`+namespace+`"><key>k</key></accessPwd>`)},
			meta.PropertyChange{Set: element(t, `<ACL xmlns="`+namespace+`"><subKey key="anyone">lrwda</subKey></ACL>`)},
		)
		require.False(t, change.Protected())
		d, err = d.Apply(change)
		require.NoError(t, err)
		require.Len(t, properties(d), 2)
		require.Empty(t, d.Keys())
		require.False(t, d.HasKey("k"))
		_, listed := d.ACL()
		require.False(t, listed)
		grants, err := meta.ParseGrants(d.Bytes())
		require.NoError(t, err)
		require.False(t, grants.HasKey("k"))
	}
}

// FuzzProperty: what a client sets is read back as the same element, beside what was there.
func FuzzProperty(f *testing.F) {
	for _, src := range []string{`<a xmlns="x:">1</a>`, `<a><b xml:lang="de"/></a>`, `<p:a xmlns:p="y:" p:q="p:r">p:x</p:a>`, `<accessPwd><key>k</key></accessPwd>`} {
		f.Add(src, `<meta xmlns="urn:v"><w:props xmlns:w="https://github.com/cgpkit/cgpkit/webdav"><old/></w:props></meta>`)
	}
	f.Fuzz(func(t *testing.T, src, document string) {
		d, err := meta.Parse([]byte(document))
		if err != nil {
			return
		}
		e, err := meta.ParseElement([]byte(src))
		if err != nil {
			return
		}
		a := e.Attribute()
		keys, before := len(d.Keys()), len(meta.Properties(d.Attributes()))
		d, err = d.Apply(meta.ChangeProperties(meta.PropertyChange{Set: a}))
		if err != nil {
			require.ErrorIs(t, err, meta.ErrLimit)
			return
		}
		require.Len(t, d.Keys(), keys)
		found := false
		all := meta.Properties(d.Attributes())
		require.LessOrEqual(t, len(all), before+1)
		for _, p := range all {
			if p.Name() == a.Name() {
				found = true
				again, err := meta.ParseElement([]byte(p.XML()))
				require.NoError(t, err)
				require.Equal(t, e.Text(), again.Text())
			}
		}
		require.True(t, found)
	})
}
