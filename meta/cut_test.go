package meta_test

import (
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
