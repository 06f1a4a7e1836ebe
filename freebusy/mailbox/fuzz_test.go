package mailbox_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/freebusy/mailbox"
)

// sound demands what holds for any input: items are whole, errors have places, and
// it does not matter in which pieces the bytes come.
func sound(t *testing.T, content []byte, items func(io.Reader) iter.Seq2[[]byte, error]) {
	var texts [][]byte
	errs := 0
	for item, err := range items(bytes.NewReader(content)) {
		if err != nil {
			require.Nil(t, item)
			require.True(t, errors.As(err, new(*mailbox.MessageError)), "%v", err)
			require.NotContains(t, err.Error(), "\n")
			errs++
			continue
		}
		require.True(t, bytes.EqualFold(item[:15], []byte("BEGIN:VCALENDAR")), "%q", item)
		require.True(t, bytes.HasSuffix(bytes.ToUpper(bytes.TrimRight(item, " \t\r\n")), []byte("END:VCALENDAR")), "%q", item)
		require.LessOrEqual(t, len(item), mailbox.MaxBytes)
		require.NotContains(t, string(item), "\x00")
		texts = append(texts, item)
	}
	for item, err := range items(iotest.OneByteReader(bytes.NewReader(content))) {
		if err != nil {
			errs--
			continue
		}
		require.NotEmpty(t, texts)
		require.Equal(t, texts[0], item)
		texts = texts[1:]
	}
	require.Empty(t, texts)
	require.Zero(t, errs)
}

func FuzzMbox(f *testing.F) {
	for _, tt := range mboxCases {
		if len(tt.mbox) < 10_000 {
			f.Add([]byte(tt.mbox))
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		sound(t, content, func(r io.Reader) iter.Seq2[[]byte, error] { return mailbox.MboxItems(t.Context(), r) })
	})
}

func FuzzMessage(f *testing.F) {
	for _, tt := range messageCases(f) {
		f.Add(tt.message)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		sound(t, content, func(r io.Reader) iter.Seq2[[]byte, error] { return mailbox.MessageItems(t.Context(), r) })
	})
}

func FuzzName(f *testing.F) {
	for _, name := range append(hostileNames, "Calendar", "Work/Team", "Календарь", "a&b", "台北/📅") {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		folders, base, err := mailbox.DiskPath(name)
		if err != nil {
			return
		}
		for _, segment := range append(folders, base) {
			require.NotEmpty(t, segment)
			require.LessOrEqual(t, len(segment), 255)
			require.NotRegexp(t, `[^ -~]|/`, segment)
			require.NotContains(t, []string{".", ".."}, segment)
		}
		decoded, err := decodeName(folders, base)
		require.NoError(t, err)
		require.Equal(t, name, decoded)
	})
}

// decodeName reads the names on disk back.
func decodeName(folders []string, base string) (string, error) {
	var segments []string
	for _, folder := range folders {
		segment, ok := strings.CutSuffix(folder, ".folder")
		if !ok {
			return "", errors.New("no folder")
		}
		segments = append(segments, segment)
	}
	encoded := []byte(strings.Join(append(segments, base), "/"))
	alphabet := base64.NewEncoding("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").WithPadding(base64.NoPadding)
	var failure error
	decoded := regexp.MustCompile(`&[^-]*-`).ReplaceAllFunc(encoded, func(shifted []byte) []byte {
		inner := string(shifted[1 : len(shifted)-1])
		if inner == "" {
			return []byte("&")
		}
		raw, err := alphabet.DecodeString(inner)
		failure = errors.Join(failure, err)
		units := make([]uint16, len(raw)/2)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(raw[2*i:])
		}
		return []byte(string(utf16.Decode(units)))
	})
	return string(decoded), failure
}
