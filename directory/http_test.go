package directory_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/directory"
)

func TestHTTPSettings(t *testing.T) {
	t.Parallel()
	real, err := os.ReadFile("testdata/HTTPU.settings")
	require.NoError(t, err)
	for _, tt := range []struct {
		name, text string
		want       directory.HTTPSettings
		err, log   string
	}{
		{name: "no file"},
		{name: "of a server", text: string(real), want: directory.HTTPSettings{MaxBody: 10 << 20, Types: map[string]string{}}},
		{name: "zero", text: "{HTTPRequestSizeLimit=0;}", want: directory.HTTPSettings{Types: map[string]string{}}},
		{name: "unlimited", text: "{HTTPRequestSizeLimit=unlimited;}", want: directory.HTTPSettings{Types: map[string]string{}}},
		{name: "no logins", text: "{AdvertiseBasicAUTH=NO;}", want: directory.HTTPSettings{NoBasicAuth: true, Types: map[string]string{}}},
		{name: "no digests", text: "{AdvertiseDigestAUTH=NO;}", want: directory.HTTPSettings{NoDigestAuth: true, Types: map[string]string{}}},
		{name: "types", text: `{FileExtensions={".FOO"="text/x-foo; charset=utf-8";bar="no type";baz=();};}`,
			want: directory.HTTPSettings{Types: map[string]string{"foo": "text/x-foo; charset=utf-8"}}, log: "extension=bar"},
		{name: "types that are none", text: "{FileExtensions=(a);}", want: directory.HTTPSettings{Types: map[string]string{}}},
		{name: "size", text: "{HTTPRequestSizeLimit=much;}", err: "Settings/HTTPU.settings: HTTPRequestSizeLimit: "},
		{name: "switch", text: "{AdvertiseBasicAUTH=perhaps;}", err: "Settings/HTTPU.settings: AdvertiseBasicAUTH: "},
		{name: "syntax", text: "{\n a", err: "Settings/HTTPU.settings:2:"},
		{name: "empty", text: " ", err: "Settings/HTTPU.settings"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			content := files{}
			if tt.text != "" {
				content["Settings/HTTPU.settings"] = tt.text
			}
			b := newBase(t, content, directory.Options{})
			for range 2 {
				got, err := b.HTTPSettings()
				require.Equal(t, tt.want, got)
				if tt.err == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, tt.err)
				}
			}
			require.Contains(t, b.log.String(), tt.log)
			if tt.err != "" {
				require.Equal(t, 1, strings.Count(b.log.String(), "level=WARN"), "told of once")
			}
		})
	}
}
