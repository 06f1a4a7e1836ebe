package meta_test

import (
	"testing"

	"github.com/cgpkit/cgpkit/meta"
	"github.com/stretchr/testify/require"
)

func TestParseChange(t *testing.T) {
	t.Parallel()
	const one = `<meta xmlns="u"><accessPwd><key>a</key></accessPwd><title/><ACL/></meta>`
	for _, tt := range []struct {
		name, change, want string
		protected          bool
	}{
		{"plain attribute", `<title>x</title>`, `<meta xmlns="u"><accessPwd><key>a</key></accessPwd><title>x</title><ACL/></meta>`, false},
		{"plain attribute removed", `<title mode="delete"/>`, `<meta xmlns="u"><accessPwd><key>a</key></accessPwd><ACL/></meta>`, false},
		{"plain attribute removed, with an end tag", `<title mode='delete'></title>`, `<meta xmlns="u"><accessPwd><key>a</key></accessPwd><ACL/></meta>`, false},
		{"plain attribute removed, another namespace", `<title xmlns="" mode="delete"/>`, one, false},
		{"plain attribute with content", `<title mode="delete">x</title>`, `<meta xmlns="u"><accessPwd><key>a</key></accessPwd><title mode="delete">x</title><ACL/></meta>`, false},
		{"plain attribute with another mode", `<title mode="add"/>`, `<meta xmlns="u"><accessPwd><key>a</key></accessPwd><title mode="add"/><ACL/></meta>`, false},
		{"mode in a namespace", `<title xmlns:x="v" x:mode="delete"/>`, `<meta xmlns="u"><accessPwd><key>a</key></accessPwd><title xmlns:x="v" x:mode="delete"/><ACL/></meta>`, false},
		{"key added", `<accessPwd mode="add"><key>b</key></accessPwd>`, `<meta xmlns="u"><accessPwd><key>a</key></accessPwd><title/><ACL/><accessPwd><key>b</key></accessPwd></meta>`, true},
		{"key added without a mode", `<accessPwd><key>b</key></accessPwd>`, `<meta xmlns="u"><accessPwd><key>a</key></accessPwd><title/><ACL/><accessPwd><key>b</key></accessPwd></meta>`, true},
		{"key added with more", `<accessPwd x=' mode="' xmlns:y="v" y:mode="1"  mode = 'add' z=''><key>b</key><EMail>e</EMail><n/></accessPwd>`, `<meta xmlns="u"><accessPwd><key>a</key></accessPwd><title/><ACL/><accessPwd x=' mode="' xmlns:y="v" y:mode="1" z=''><key>b</key><EMail>e</EMail><n/></accessPwd></meta>`, true},
		{"key revoked", `<accessPwd mode="delete"><key>a</key></accessPwd>`, `<meta xmlns="u"><title/><ACL/></meta>`, true},
		{"key revoked, not there", `<accessPwd mode="delete"><key>b</key></accessPwd>`, one, true},
		{"key revoked in a foreign namespace", `<accessPwd xmlns="v" mode="delete"><key>a</key></accessPwd>`, one, true},
		{"ACL", `<ACL><subKey key="john">lr</subKey></ACL>`, `<meta xmlns="u"><accessPwd><key>a</key></accessPwd><title/><ACL><subKey key="john">lr</subKey></ACL></meta>`, true},
		{"ACL removed", `<ACL mode="delete"/>`, `<meta xmlns="u"><accessPwd><key>a</key></accessPwd><title/></meta>`, true},
		{"ACL of a foreign namespace", `<ACL xmlns="v"/>`, `<meta xmlns="u"><accessPwd><key>a</key></accessPwd><title/><ACL/><ACL xmlns="v"/></meta>`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			change, err := meta.ParseChange(tt.change)
			require.NoError(t, err)
			require.Equal(t, tt.protected, change.Protected())
			doc, err := parse(t, one).Apply(change)
			require.NoError(t, err)
			require.Equal(t, tt.want, string(doc.Bytes()))
		})
	}
}

func TestParseChangeRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, src, wantErr string }{
		{"unknown mode of a key", `<accessPwd mode="replace"><key>a</key></accessPwd>`, "unknown mode of accessPwd"},
		{"unknown mode of an ACL", `<ACL mode="add"><subKey key="a">r</subKey></ACL>`, "unknown mode of ACL"},
		{"ACL to remove with entries", `<ACL mode="delete"><subKey key="a">r</subKey></ACL>`, "unknown mode of ACL"},
		{"unknown mode in a foreign namespace", `<x:ACL xmlns:x="u" mode="add"/>`, "unknown mode of ACL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := meta.ParseChange(tt.src)
			require.ErrorContains(t, err, tt.wantErr)
			require.ErrorContains(t, err, "meta: ")
		})
	}
	for _, tt := range []struct{ name, src string }{
		{"key to revoke missing", `<accessPwd mode="delete"/>`},
		{"key to revoke empty", `<accessPwd mode="delete"><key> </key></accessPwd>`},
		{"key to add missing", `<accessPwd mode="add"/>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			change, err := meta.ParseChange(tt.src)
			require.NoError(t, err)
			_, err = parse(t, `<meta/>`).Apply(change)
			require.ErrorContains(t, err, "attribute accessPwd: no share key")
		})
	}
}
