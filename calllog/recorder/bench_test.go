package recorder_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/calllog/recorder"
	"github.com/cgpkit/cgpkit/directory"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

// BenchmarkRecord records one call, alone and beside others, in logs of different
// sizes on a disk.
func BenchmarkRecord(b *testing.B) {
	for _, records := range []int{100, 10_000, 100_000} {
		for _, callers := range []int{1, 64} {
			b.Run(fmt.Sprintf("records=%d/callers=%d", records, callers), func(b *testing.B) {
				dir, web := makeBase(b, "{MaxWebSize=unlimited;}")
				path := filepath.Join(web, filepath.FromSlash(march))
				require.NoError(b, os.MkdirAll(filepath.Dir(path), 0o700))
				require.NoError(b, os.WriteFile(path, []byte(strings.Repeat(line("id"), records)), 0o600))
				base, err := directory.Open(dir, nil)
				require.NoError(b, err)
				defer base.Close()
				r := &recorder.Recorder{Views: fixture.Views(base), Settings: base, Location: time.UTC}
				b.SetParallelism(callers)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if err := r.Record(b.Context(), "john@main.example", call("id")); err != nil {
							b.Error(err)
						}
					}
				})
			})
		}
	}
}
