package meta_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/cgpkit/cgpkit/meta"
	"github.com/stretchr/testify/require"
)

func TestParseACL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		src     string
		want    meta.ACL
		present bool
	}{
		{"none", `<meta/>`, nil, false},
		{"empty", `<meta><ACL/></meta>`, nil, true},
		{"vendor sample", shared, meta.ACL{
			{Subject: "john", Rights: meta.List | meta.Read},
			{Subject: "#staff", Rights: meta.List | meta.Delete | meta.Read | meta.Write},
		}, true},
		{"two lists are one", `<meta><ACL><subKey key="a">l</subKey></ACL><ACL><subKey key="b">r</subKey></ACL></meta>`, meta.ACL{
			{Subject: "a", Rights: meta.List},
			{Subject: "b", Rights: meta.Read},
		}, true},
		{"blanks and unknown letters", `<meta><ACL><subKey key=" a ">
			l R x a </subKey></ACL></meta>`, meta.ACL{{Subject: "a", Rights: meta.List | meta.Administer}}, true},
		{"signs", `<meta><ACL><subKey key="-a">r</subKey><subKey key="+a">r</subKey><subKey key="a">-r</subKey><subKey key="a">+r</subKey></ACL></meta>`, nil, true},
		{"no subject", `<meta><ACL><subKey>r</subKey><subKey key=" ">r</subKey></ACL></meta>`, nil, true},
		{"subject in a namespace", `<meta xmlns:x="u"><ACL><subKey x:key="a">r</subKey></ACL></meta>`, nil, true},
		{"element inside", `<meta><ACL><subKey key="a">r<b/></subKey></ACL></meta>`, nil, true},
		{"foreign list", `<meta xmlns:x="u"><x:ACL><x:subKey key="a">r</x:subKey></x:ACL></meta>`, nil, false},
		{"foreign entry", `<meta xmlns:x="u"><ACL><x:subKey key="a">r</x:subKey></ACL></meta>`, nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc, err := meta.Parse([]byte(tt.src))
			require.NoError(t, err)
			acl, present := doc.ACL()
			require.Equal(t, tt.present, present)
			require.Equal(t, tt.want, acl)
		})
	}
}

func TestACLRights(t *testing.T) {
	t.Parallel()
	john := meta.Caller{Account: "john", Domain: "client1.com"}
	guest := meta.Caller{Account: "john", Domain: "other.dom"}
	member := meta.Caller{Account: "ann", Domain: "client1.com", InGroup: func(group, domain string) bool {
		return group == "staff" && domain == "client1.com"
	}}
	everybody := meta.List | meta.Read | meta.Write | meta.Delete | meta.Administer
	for _, tt := range []struct {
		name    string
		subject string
		caller  meta.Caller
		match   bool
	}{
		{"anyone, owner's domain", "anyone", john, true},
		{"anyone, other domain", "anyone", guest, true},
		{"anyone, any letter case", "ANYONE", guest, true},
		{"anyone is no stranger", "anyone", meta.Caller{}, false},
		{"anyone is no account without a domain", "anyone", meta.Caller{Account: "john"}, false},
		{"anyone is no domain without an account", "anyone", meta.Caller{Domain: "client1.com"}, false},
		{"anyone@, owner's domain", "anyone@", john, true},
		{"anyone@, other domain", "anyone@", guest, false},
		{"anyone@domain, that domain", "anyone@other.dom", guest, true},
		{"anyone@domain, other domain", "anyone@other.dom", john, false},
		{"account in the owner's domain", "john", john, true},
		{"account of that name in another domain", "john", guest, false},
		{"full name", "john@client1.com", john, true},
		{"full name, any letter case", "John@CLIENT1.com", john, true},
		{"full name in another domain", "john@other.dom", guest, true},
		{"full name, wrong domain", "john@other.dom", john, false},
		{"other account", "ann", john, false},
		{"prefix of the account", "joh", john, false},
		{"long s is not s", "ſmith", meta.Caller{Account: "smith", Domain: "client1.com"}, false},
		{"letters beyond ASCII fold", "MÜLLER", meta.Caller{Account: "müller", Domain: "client1.com"}, true},
		{"group of the owner's domain", "#staff", member, true},
		{"group with its domain", "#staff@client1.com", member, true},
		{"group of another domain", "#staff@other.dom", member, false},
		{"group without a name", "#", meta.Caller{Account: "ann", Domain: "client1.com", InGroup: func(string, string) bool { return true }}, false},
		{"group, caller of none", "#staff", john, false},
		{"group is no account", "#john", john, false},
		{"empty subject", "", john, false},
		{"at sign alone", "@", john, false},
		{"two at signs", "john@client1.com@client1.com", john, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var want meta.Rights
			if tt.match {
				want = everybody
			}
			acl := meta.ACL{{Subject: tt.subject, Rights: everybody}}
			require.Equal(t, want, acl.Rights(tt.caller, "client1.com"))
			var key strings.Builder
			require.NoError(t, xml.EscapeText(&key, []byte(tt.subject)))
			grants, err := meta.ParseGrants([]byte(`<meta><ACL><subKey key="` + key.String() + `">lrwda</subKey></ACL></meta>`))
			require.NoError(t, err)
			r, listed := grants.Rights(tt.caller, "client1.com")
			require.Equal(t, want, r)
			require.True(t, listed)
		})
	}
}

// A service for people who have proved nothing is nobody in particular.
func TestUnprovedCaller(t *testing.T) {
	t.Parallel()
	const list = `<meta><ACL><subKey key="anyone">l</subKey><subKey key="Anyone@">r</subKey><subKey key="anyone@client1.com">w</subKey><subKey key="tftpuser">d</subKey></ACL></meta>`
	doc, err := meta.Parse([]byte(list))
	require.NoError(t, err)
	grants, err := meta.ParseGrants([]byte(list))
	require.NoError(t, err)
	acl, _ := doc.ACL()
	c := meta.Caller{Account: "tftpuser", Domain: "client1.com"}
	for unproved, want := range map[bool]meta.Rights{true: meta.Delete, false: meta.List | meta.Read | meta.Write | meta.Delete} {
		c.Unproved = unproved
		require.Equal(t, want, acl.Rights(c, "client1.com"))
		r, _ := grants.Rights(c, "client1.com")
		require.Equal(t, want, r)
	}
}

func TestACLRightsUnion(t *testing.T) {
	t.Parallel()
	acl := meta.ACL{
		{Subject: "anyone", Rights: meta.List},
		{Subject: "john", Rights: meta.Write},
		{Subject: "ann", Rights: meta.Administer},
	}
	john := meta.Caller{Account: "john", Domain: "client1.com"}
	require.Equal(t, meta.List|meta.Write, acl.Rights(john, "client1.com"))
	require.Equal(t, meta.List, acl.Rights(john, "other.dom"))
	require.Zero(t, acl.Rights(meta.Caller{}, "client1.com"))
	require.Zero(t, acl.Rights(meta.Caller{Account: "john"}, ""))
	require.Zero(t, meta.ACL(nil).Rights(john, "client1.com"))
}

func TestRightsString(t *testing.T) {
	t.Parallel()
	require.Empty(t, meta.Rights(0).String())
	require.Equal(t, "lr", (meta.Read | meta.List).String())
	require.Equal(t, "lrwda", (meta.Administer | meta.Delete | meta.Write | meta.Read | meta.List).String())
	require.Equal(t, "Rights(0x21)", (meta.List | 1<<5).String())
	require.True(t, (meta.List | meta.Read).Has(meta.Read))
	require.False(t, meta.Read.Has(meta.List|meta.Read))
}
