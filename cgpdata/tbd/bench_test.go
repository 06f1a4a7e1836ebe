package tbd_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cgpkit/cgpkit/cgpdata/tbd"
	"github.com/stretchr/testify/require"
)

// BenchmarkTable works on a table of 10,000 records.
func BenchmarkTable(b *testing.B) {
	var text strings.Builder
	text.WriteString("mail\tcn\tLimit\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "user%d@client1.com\tUser %d\t1000\n", i, i)
	}
	path := filepath.Join(b.TempDir(), "users.tbd")
	require.NoError(b, os.WriteFile(path, []byte(text.String()), 0o600))
	table, err := tbd.Open(path, nil)
	require.NoError(b, err)
	defer table.Close()

	b.Run("Get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := table.Get(b.Context(), "user5000@client1.com")
			require.NoError(b, err)
		}
	})
	b.Run("All", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(text.Len()))
		for b.Loop() {
			for _, err := range table.All(b.Context()) {
				require.NoError(b, err)
			}
		}
	})
	b.Run("Put", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			require.NoError(b, table.Put(b.Context(), record("mail", "user5000@client1.com", "Limit", fmt.Sprint(i))))
		}
	})
}
