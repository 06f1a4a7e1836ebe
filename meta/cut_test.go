package meta_test

import (
	"strings"
	"testing"

	"github.com/cgpkit/cgpkit/meta"
	"github.com/stretchr/testify/require"
)

func TestWithoutGrants(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, src, want string }{
		{"both cut", `<meta><a/><accessPwd><key>k</key></accessPwd><b/><ACL/><c/></meta>`, `<meta><a/><b/><c/></meta>`},
		{"only these", "<meta>\r\n\t<ACL>\n</ACL  >\r\n\t<accessPwd\n x = '>' />\r\n</meta>\r\n", "<meta>\r\n\t\r\n\t\r\n</meta>\r\n"},
		{"nothing to cut", "<meta  a='1'>\r\n<!-- ACL --><x> <ACL/> </x></meta>\n\n", "<meta  a='1'>\r\n<!-- ACL --><x> <ACL/> </x></meta>\n\n"},
		{"comments and CDATA with tags in them", `<meta><!-- <ACL/> --><ACL><!-- </ACL> --><![CDATA[</ACL>]]></ACL><![CDATA[<accessPwd/>]]></meta>`, `<meta><!-- <ACL/> --><![CDATA[<accessPwd/>]]></meta>`},
		{"byte order mark and declaration", "\uFEFF<?xml version='1.0'?>\n<?p q?><meta><ACL/>ü</meta><!-- end -->", "\uFEFF<?xml version='1.0'?>\n<?p q?><meta>ü</meta><!-- end -->"},
		{"prefixes", `<m:meta xmlns:m="u"><m:ACL/><ACL/><x:ACL xmlns:x="v"/><x:ACL xmlns:x="u"/></m:meta>`, `<m:meta xmlns:m="u"><ACL/><x:ACL xmlns:x="v"/></m:meta>`},
		{"nested of the same name", `<meta><ACL><ACL><ACL/></ACL></ACL>&lt;</meta>`, `<meta>&lt;</meta>`},
		{"neighbours", `<meta><ACL/><ACL></ACL><accessPwd/></meta>`, `<meta></meta>`},
		{"text around that must not end a CDATA section", `<meta>]]<ACL/>></meta>`, `<meta>]]<!---->></meta>`},
		{"text around", `<meta>a<ACL>b</ACL>c&#10;d</meta>`, `<meta>ac&#10;d</meta>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			src := []byte(tt.src)
			got, err := meta.WithoutGrants(src)
			require.NoError(t, err)
			require.Equal(t, tt.want, string(got))
			require.Equal(t, tt.src, string(src), "the source is left alone")
			if tt.src == tt.want {
				require.Same(t, &src[0], &got[0], "the source itself comes back")
			}
		})
	}
}

func TestInherit(t *testing.T) {
	t.Parallel()
	const head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	for _, tt := range []struct{ name, child, parent, namespace, want string }{
		{"neither has anything", "", "", "", ""},
		{"parent without an ACL", "", `<meta><accessPwd><key>k</key></accessPwd></meta>`, "", ""},
		{"parent with an ACL of another namespace", "", `<meta><ACL xmlns="u"/></meta>`, "", ""},
		{"new document in the parent's namespace", "", `<meta xmlns="u"><title/><accessPwd><key>k</key></accessPwd><ACL><subKey key="john">lr</subKey></ACL></meta>`, "", head + "<meta xmlns=\"u\">\n  <ACL><subKey key=\"john\">lr</subKey></ACL>\n</meta>\n"},
		{"new document in another namespace", "", `<m:meta xmlns:m="u"><m:ACL><m:subKey key="john">lr</m:subKey></m:ACL></m:meta>`, "v", head + "<meta xmlns=\"v\">\n  <ACL><subKey key=\"john\">lr</subKey></ACL>\n</meta>\n"},
		{"empty ACL", "", `<meta><ACL/></meta>`, "", head + "<meta>\n  <ACL></ACL>\n</meta>\n"},
		{"two lists", `<meta/>`, `<meta><ACL><subKey key="b">r</subKey></ACL><ACL><subKey key="a">l</subKey></ACL></meta>`, "", `<meta><ACL><subKey key="b">r</subKey><subKey key="a">l</subKey></ACL></meta>`},
		{"entries that mean nothing here", `<meta/>`, `<meta><ACL><subKey key="-a"> +lx </subKey><subKey key="b&quot;&#10;c">-d</subKey></ACL></meta>`, "", `<meta><ACL><subKey key="-a">+lx</subKey><subKey key="b&#34;&#xA;c">-d</subKey></ACL></meta>`},
		{"child in another namespace", `<x:meta xmlns:x="u"><a/></x:meta>`, `<meta><ACL><subKey key="a">r</subKey></ACL></meta>`, "v", `<x:meta xmlns:x="u"><a/><ACL xmlns="u"><subKey key="a">r</subKey></ACL></x:meta>`},
		{"child with an ACL", `<meta><ACL><subKey key="b">lrwd</subKey></ACL><a/></meta>`, `<meta><ACL><subKey key="a">r</subKey></ACL></meta>`, "", `<meta><ACL><subKey key="a">r</subKey></ACL><a/></meta>`},
		{"child with an ACL, parent without", `<meta><ACL><subKey key="b">lrwd</subKey></ACL><a/></meta>`, `<meta/>`, "", `<meta><a/></meta>`},
		{"child with an ACL, no parent", `<meta><ACL/><a/></meta>`, "", "", `<meta><a/></meta>`},
		{"child stays as it is", `<meta ><a/></meta>`, `<meta/>`, "", `<meta ><a/></meta>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var child, parent []byte
			if tt.child != "" {
				child = []byte(tt.child)
			}
			if tt.parent != "" {
				parent = []byte(tt.parent)
			}
			got, err := meta.Inherit(child, parent, tt.namespace)
			require.NoError(t, err)
			require.Equal(t, tt.want, string(got))
			require.Equal(t, tt.want == "", got == nil)
			require.Equal(t, tt.child, string(child), "the source is left alone")
			if child != nil && tt.child == tt.want {
				require.Same(t, &child[0], &got[0], "the source itself comes back")
			}
		})
	}
}

func TestInheritRefuses(t *testing.T) {
	t.Parallel()
	good, bad := []byte(`<meta><ACL/></meta>`), []byte(`<meta`)
	for _, tt := range []struct {
		name          string
		child, parent []byte
		namespace     string
	}{
		{"child", bad, good, ""},
		{"parent", good, bad, ""},
		{"empty parent", good, []byte{}, ""},
		{"namespace", nil, good, "\x00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := meta.Inherit(tt.child, tt.parent, tt.namespace)
			require.Error(t, err)
			require.Nil(t, got)
		})
	}
	_, err := meta.Inherit([]byte("<meta>"+strings.Repeat("<a/>", meta.MaxElements-1)+"</meta>"), good, "")
	require.ErrorIs(t, err, meta.ErrLimit)
}
