package cgpdata_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
)

func TestSize(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, in string
		want     cgpdata.Size
		text     string // canonical
		wantErr  string
	}{
		{name: "bytes", in: "15", want: 15, text: "15"},
		{name: "none", in: "0", want: 0, text: "0"},
		{name: "none with a suffix", in: "0M", want: 0, text: "0"},
		{name: "megabytes", in: "100M", want: 100 << 20, text: "100M"},
		{name: "greater unit", in: "1024K", want: 1 << 20, text: "1M"},
		{name: "smaller unit", in: "1536M", want: 3 << 29, text: "1536M"},
		{name: "unlimited", in: "unlimited", want: cgpdata.Unlimited, text: "unlimited"},
		{name: "minus one", in: "-1", want: cgpdata.Unlimited, text: "unlimited"},
		{name: "greatest", in: "9223372036854775807", want: math.MaxInt64, text: "9223372036854775807"},
		{name: "too big", in: "9223372036854775808", wantErr: "number too big"},
		{name: "too big by its suffix", in: "8589934592G", wantErr: "number too big"},
		{name: "negative", in: "-2", wantErr: "not a number with a known suffix"},
		{name: "negative with a suffix", in: "-1M", wantErr: "not a number with a known suffix"},
		{name: "small suffix", in: "1m", wantErr: "not a number with a known suffix"},
		{name: "suffix alone", in: "M", wantErr: "not a number with a known suffix"},
		{name: "two suffixes", in: "1MM", wantErr: "not a number with a known suffix"},
		{name: "plus", in: "+1", wantErr: "not a number with a known suffix"},
		{name: "blank", in: " 1", wantErr: "not a number with a known suffix"},
		{name: "empty", in: "", wantErr: "not a number with a known suffix"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			size := cgpdata.Size(7)
			err := size.UnmarshalText([]byte(row.in))
			if row.wantErr != "" {
				require.EqualError(t, err, row.wantErr)
				require.Equal(t, cgpdata.Size(7), size)
				return
			}
			require.NoError(t, err)
			require.Equal(t, row.want, size)
			require.Equal(t, row.text, size.String())
		})
	}
	_, err := cgpdata.Size(-2).MarshalText()
	require.EqualError(t, err, "negative number")
	require.Equal(t, "Size(-2)", cgpdata.Size(-2).String())
}

func TestCount(t *testing.T) {
	t.Parallel()
	var count cgpdata.Count
	require.NoError(t, count.UnmarshalText([]byte("1024")))
	require.Equal(t, "1024", count.String())
	require.NoError(t, count.UnmarshalText([]byte("unlimited")))
	require.Equal(t, cgpdata.Count(cgpdata.Unlimited), count)
	require.Equal(t, "unlimited", count.String())
	require.EqualError(t, count.UnmarshalText([]byte("1K")), "not a number with a known suffix")
	require.Equal(t, "Count(-3)", cgpdata.Count(-3).String())
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, in string
		want     time.Duration
		text     string // canonical
		wantErr  string
	}{
		{name: "seconds", in: "15", want: 15 * time.Second, text: "15"},
		{name: "none", in: "0", want: 0, text: "0"},
		{name: "minute", in: "1m", want: time.Minute, text: "1m"},
		{name: "hours", in: "10h", want: 10 * time.Hour, text: "10h"},
		{name: "days", in: "7d", want: 7 * 24 * time.Hour, text: "7d"},
		{name: "greater unit", in: "3600", want: time.Hour, text: "1h"},
		{name: "smaller unit", in: "90m", want: 90 * time.Minute, text: "90m"},
		{name: "too long", in: "9223372037", wantErr: "number too big"},
		{name: "too long by its suffix", in: "106752d", wantErr: "number too big"},
		{name: "far too long", in: "9223372036854775807d", wantErr: "number too big"},
		{name: "negative", in: "-1", wantErr: "not a number with a known suffix"},
		{name: "unknown suffix", in: "1w", wantErr: "not a number with a known suffix"},
		{name: "word", in: "unlimited", wantErr: "not a number with a known suffix"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			duration := cgpdata.Duration(7)
			err := duration.UnmarshalText([]byte(row.in))
			if row.wantErr != "" {
				require.EqualError(t, err, row.wantErr)
				require.Equal(t, cgpdata.Duration(7), duration)
				return
			}
			require.NoError(t, err)
			require.Equal(t, row.want, time.Duration(duration))
			require.Equal(t, row.text, duration.String())
		})
	}
	_, err := cgpdata.Duration(time.Millisecond).MarshalText()
	require.EqualError(t, err, "not a whole number of seconds")
	_, err = cgpdata.Duration(-time.Second).MarshalText()
	require.EqualError(t, err, "negative number")
	require.Equal(t, "1.5s", cgpdata.Duration(1500*time.Millisecond).String())
}
