package httpsite

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func names(cs []coding) string {
	var all []string
	for _, c := range cs {
		all = append(all, c.name)
	}
	return strings.Join(all, " ")
}

func TestAcceptable(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{
		"":                                      "",
		"gzip":                                  "gzip",
		"GZip":                                  "gzip",
		"x-gzip":                                "gzip",
		"gzip, deflate, br, zstd":               "br zstd gzip",
		"zstd,gzip,br":                          "br zstd gzip",
		"br;q=0.5, gzip":                        "gzip br",
		"br ; q=0.001 ,\tgzip;q=0.01":           "gzip br",
		"br;q=1.000, zstd;Q=0.9, gzip;q=0.95":   "br gzip zstd",
		"*":                                     "br zstd gzip",
		"gzip;q=0, *":                           "br zstd",
		"*;q=0":                                 "",
		"*;q=0, gzip":                           "gzip",
		"identity;q=1, *;q=0":                   "", // players of media
		"identity":                              "",
		"identity, gzip;q=0.5":                  "",
		"identity;q=0.5, gzip;q=0.5":            "gzip",
		"identity;q=0, gzip;q=0.1":              "gzip",
		"gzip;q=0":                              "",
		"gzip;q=0.000":                          "",
		"gzip;q=0, gzip;q=1":                    "",
		"gzip;q=2":                              "",
		"gzip;q=1.001":                          "",
		"gzip;q=0.0001":                         "",
		"gzip;q=-1":                             "",
		"gzip;q=":                               "",
		"gzip;q=.5":                             "",
		"gzip;q=1e0":                            "",
		"gzip;q=NaN":                            "",
		"gzip;level=9":                          "",
		"gzip;q=1;x=y":                          "",
		"deflate, compress":                     "",
		"gzipped, bro":                          "",
		",, gzip ,":                             "gzip",
		"br\x00, \xff, gzip":                    "gzip",
		strings.Repeat("x;q=0.1,", 5000) + "br": "br",
	} {
		require.Equal(t, want, names(acceptable([]string{field})), "%.60q", field)
	}
	require.Equal(t, "gzip br", names(acceptable([]string{"br;q=0.1", "gzip"})), "several lines are one list")
}

// Nothing is sent that the client excludes, and nothing is taken twice.
func FuzzAcceptable(f *testing.F) {
	for _, field := range []string{"gzip, br;q=0", "*;q=0.5, identity;q=1", "x-gzip;q=0.1,zstd", ";q=1", "gzip;q=0, *"} {
		f.Add(field)
	}
	f.Fuzz(func(t *testing.T, field string) {
		seen := map[string]bool{}
		last := 1.0
		for _, c := range acceptable([]string{field}) {
			require.False(t, seen[c.name])
			seen[c.name] = true
			require.True(t, 0 < c.weight && c.weight <= last)
			last = c.weight
			lower := strings.ToLower(field)
			require.True(t, strings.Contains(lower, c.name) || strings.Contains(lower, "*"))
		}
	})
}
