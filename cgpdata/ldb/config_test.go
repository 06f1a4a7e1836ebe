package ldb_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/ldb"
	"github.com/stretchr/testify/require"
)

const sample = `{
  Server        = "ldap.client1.com";
  Fields        = ("mail","cn");
  LoginName     = "mail=remoteadmin";
  LoginPassword = "testpassword";
}
`

var sampleConfig = ldb.Config{
	Server:        "ldap.client1.com",
	Fields:        []string{"mail", "cn"},
	LoginName:     "mail=remoteadmin",
	LoginPassword: "testpassword",
}

func TestParse(t *testing.T) {
	t.Parallel()
	based := sampleConfig
	based.SearchBase = "o=Client 1"
	for _, tt := range []struct {
		name string
		src  string
		want ldb.Config
	}{
		{"sample", sample, sampleConfig},
		{"search base, unknown key", strings.Replace(sample, "}", `SearchBase="o=Client 1";Other=#1;}`, 1), based},
		{"anonymous", "{Server=h;Fields=(uid);}", ldb.Config{Server: "h", Fields: []string{"uid"}}},
		{"unusual attribute names", `{Server=h;Fields=(2.5.4.3,"cn;lang-en",a_b);}`, ldb.Config{Server: "h", Fields: []string{"2.5.4.3", "cn;lang-en", "a_b"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := ldb.Parse([]byte(tt.src))
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, src, wantErr string }{
		{"nothing", "", "ldb: cgpdata: "},
		{"syntax", "{Server=h}", "ldb: cgpdata: line 1, column 10"},
		{"no dictionary", "(a)", "ldb: Array where a dictionary is needed"},
		{"no server", "{Fields=(a);}", "ldb: Server: there is none"},
		{"empty server", `{Server="";Fields=(a);}`, "ldb: Server: there is none"},
		{"server no string", "{Server=(h);Fields=(a);}", "ldb: Server: Array where a string is needed"},
		{"password no string", "{Server=h;Fields=(a);LoginPassword=#123;}", "ldb: LoginPassword: Number where a string is needed"},
		{"no fields", "{Server=h;}", "ldb: Fields: there is no field"},
		{"empty fields", "{Server=h;Fields=();}", "ldb: Fields: there is no field"},
		{"fields no array", "{Server=h;Fields=mail;}", "ldb: Fields: there is no field"},
		{"fields a dictionary", "{Server=h;Fields={a=b;};}", "ldb: Fields: there is no field"},
		{"field no string", "{Server=h;Fields=(a,#1);}", "ldb: Fields: element 2 is no attribute name"},
		{"empty field", `{Server=h;Fields=("");}`, "element 1 is no attribute name"},
		{"field that is a filter", `{Server=h;Fields=("mail=*)(cn");}`, "element 1 is no attribute name"},
		{"field with a line feed", `{Server=h;Fields=("mail\e");}`, "element 1 is no attribute name"},
		{"field twice", "{Server=h;Fields=(mail,cn,Mail);}", "element 3 is there twice"},
		{"too big", "{" + strings.Repeat(" ", ldb.MaxBytes) + "}", "ldb: cgpdata: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := ldb.Parse([]byte(tt.src))
			require.ErrorContains(t, err, tt.wantErr)
			require.Zero(t, got)
		})
	}
	_, err := ldb.Parse([]byte("{Server=h;"))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	var bad *cgpdata.SyntaxError
	require.ErrorAs(t, err, &bad)
}

func TestServer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		server string
		want   string // "": refused
	}{
		{"ldap.client1.com", "ldap://ldap.client1.com:389"},
		{"ldap.client1.com.", "ldap://ldap.client1.com.:389"},
		{"my_host:3389", "ldap://my_host:3389"},
		{"127.0.0.1", "ldap://127.0.0.1:389"},
		{"::1", "ldap://[::1]:389"},
		{"[::1]", "ldap://[::1]:389"},
		{"[::1]:1389", "ldap://[::1]:1389"},
		{"ldap://h", "ldap://h:389"},
		{"LDAPS://h/", "ldaps://h:636"},
		{"ldaps://h:1636", "ldaps://h:1636"},
		{"ldaps://[2001:db8::1]", "ldaps://[2001:db8::1]:636"},
		{" h", ""}, {"h ", ""}, {"a b", ""}, {":389", ""}, {"h:0", ""}, {"h:65536", ""}, {"h:x", ""}, {"h:-1", ""}, {"-h", ""}, {"a..b", ""},
		{"http://h", ""}, {"ldapi://%2ftmp%2fsock", ""}, {"ldap:h", ""}, {"ldap://", ""}, {"ldap:///", ""},
		{"ldap://user:secret@h", ""}, {"ldap://h/o=base", ""}, {"ldap://h?mail", ""}, {"ldap://h?", ""}, {"ldap://h#x", ""},
		{"h/path", ""}, {"user:secret@h", ""}, {"fe80::1%eth0", ""}, {"h\r\nx", ""}, {"\x00", ""},
	} {
		t.Run(tt.server, func(t *testing.T) {
			t.Parallel()
			text, err := cgpdata.Append([]byte("{Fields=(a);Server="), cgpdata.String(tt.server), &cgpdata.Format{Allow: cgpdata.Lenient})
			require.NoError(t, err)
			config, err := ldb.Parse(append(text, ";}"...))
			if tt.want == "" {
				require.Error(t, err)
				require.NotContains(t, err.Error(), "secret")
				require.Empty(t, ldb.Config{Server: tt.server}.URL())
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, config.URL())
			require.Equal(t, tt.server, config.Server)
		})
	}
}

func TestPasswordIsNeverShown(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+"\n", sampleConfig)
		fmt.Fprintf(&out, verb+"\n", &sampleConfig)
		fmt.Fprintf(&out, verb+"\n", []ldb.Config{sampleConfig})
	}
	fmt.Fprintln(&out, sampleConfig.String())
	slog.New(slog.NewTextHandler(&out, nil)).Info("table", "config", sampleConfig)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("table", "config", &sampleConfig)
	text, err := json.Marshal(sampleConfig)
	require.NoError(t, err)
	out.Write(text)
	require.NotContains(t, out.String(), "testpassword")
	require.NotContains(t, out.String(), fmt.Sprintf("%x", "testpassword"))
	require.Contains(t, out.String(), "mail=remoteadmin")
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(`{Server="ldaps://[::1]:636/";Fields=("cn;lang-en");SearchBase="o=x";}`))
	f.Add([]byte(`{Server="user:secret@h";Fields=(a,A);}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		config, err := ldb.Parse(src)
		if err != nil {
			return
		}
		require.NotEmpty(t, config.Fields)
		require.Regexp(t, `^ldaps?://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):[0-9]+$`, config.URL())
		again := ldb.Config{Server: config.URL()}
		require.Equal(t, config.URL(), again.URL())
	})
}

// Where the syntax is broken, a piece of the password may pass for a key.
func TestSyntaxErrorHidesThePassword(t *testing.T) {
	t.Parallel()
	_, err := ldb.Parse([]byte("{\n Server = localhost;\n Fields = (mail);\n LoginPassword = begin;topsecret;\n}\n"))
	require.ErrorContains(t, err, "line 4")
	require.NotContains(t, err.Error(), "topsecret")
}
