package mailbox

import (
	"bufio"
	"bytes"
	"io"
	"mime"
	"strings"
)

// headerMender passes on a message, or the body of a multipart, without the lines
// of headers that are broken, since the library that reads headers gives up at
// them: those without a colon or with a strange name, and continuations of nothing.
type headerMender struct {
	in        *bufio.Reader
	delimiter []byte // of the parts of a multipart; nil: there is one header, at the start
	header    bool   // whether the next line is one of a header
	lineStart bool
	keep      bool   // the line that is read, or continued
	dropped   bool   // part of a line, so that its end has to come
	rest      []byte // of what is passed on
	err       error
}

// newHeaderMender returns one for a message, or for a multipart with a boundary.
func newHeaderMender(in *bufio.Reader, boundary string) *headerMender {
	m := &headerMender{}
	m.reset(in, boundary)
	return m
}

func (m *headerMender) reset(in *bufio.Reader, boundary string) {
	*m = headerMender{in: in, header: boundary == "", lineStart: true}
	if boundary != "" {
		m.delimiter = []byte("--" + boundary)
	}
}

// Read implements io.Reader.
func (m *headerMender) Read(p []byte) (int, error) {
	if len(m.rest) == 0 && m.delimiter == nil && !m.header {
		return m.in.Read(p)
	}
	for len(m.rest) == 0 {
		if m.err != nil {
			return 0, m.err
		}
		m.rest, m.err = m.next()
	}
	n := copy(p, m.rest)
	m.rest = m.rest[n:]
	return n, nil
}

// next reads the next line, or piece of a long one, and returns what is passed on.
func (m *headerMender) next() ([]byte, error) {
	line, err := m.in.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		err = nil
	}
	if len(line) == 0 {
		if err == io.EOF && m.dropped {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	start, whole := m.lineStart, line[len(line)-1] == '\n'
	m.lineStart = whole
	switch {
	case start && m.delimits(line):
		begun := m.header // a header without the empty line behind it
		m.header, m.keep = true, false
		if begun {
			line = append([]byte("\r\n"), line...)
		}
		return line, err
	case !m.header:
		return line, err
	case start && len(trimNewline(line)) == 0:
		m.header = false
		return line, err
	case start && (line[0] == ' ' || line[0] == '\t'):
	case start:
		line, m.keep = mendField(line)
		m.keep = m.keep || !whole && err == io.EOF // the library tells that it is cut off
	}
	m.dropped = !m.keep && !whole
	if !m.keep {
		line = nil
	}
	return line, err
}

// delimits reports whether a line begins a part (RFC 2046 §5.1.1).
func (m *headerMender) delimits(line []byte) bool {
	behind, found := bytes.CutPrefix(line, m.delimiter)
	return m.delimiter != nil && found && len(bytes.Trim(behind, " \t\r\n")) == 0
}

// mendField returns a line that begins a field, without blanks in front of its
// colon, and whether it is one (RFC 5322 §2.2).
func mendField(line []byte) ([]byte, bool) {
	name, behind, found := bytes.Cut(line, []byte(":"))
	trimmed := bytes.TrimRight(name, " \t")
	if !found || len(trimmed) == 0 || bytes.IndexFunc(trimmed, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0 {
		return line, false
	}
	if len(trimmed) < len(name) {
		line = append(append(bytes.Clone(trimmed), ':'), behind...)
	}
	return line, true
}

// contentType reads a field Content-Type (RFC 2045 §5.1). Parameters that are broken
// do not count, nor do those that come a second time, and a value may lack the
// quotes that it needs.
func contentType(field string) (mediaType string, params map[string]string) {
	if field == "" {
		return "text/plain", nil
	}
	mediaType, params, err := mime.ParseMediaType(field)
	if err == nil {
		return mediaType, params
	}
	field = joinType(strings.TrimSpace(field))
	end := strings.IndexAny(field, ";, \t(")
	if end < 0 {
		return strings.ToLower(field), nil
	}
	mended := "text/plain"
	seen := map[string]bool{}
	for _, param := range cutParams(strings.TrimLeft(field[end:], ",")) {
		name, value, _ := strings.Cut(param, "=")
		if name = strings.ToLower(strings.TrimSpace(name)); seen[name] || strings.TrimSpace(value) == "" {
			continue
		}
		param = "; " + name + "=" + mendValue(value)
		if _, _, err := mime.ParseMediaType("text/plain" + param); err == nil {
			seen[name] = true
			mended += param
		}
	}
	_, params, _ = mime.ParseMediaType(mended) // without params if they do not fit together
	return strings.ToLower(field[:end]), params
}

// joinType takes quotes around a media type away, and blanks within it.
func joinType(field string) string {
	end := strings.IndexAny(field, ";,(")
	if end < 0 {
		end = len(field)
	}
	joined := strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '"' {
			return -1
		}
		return r
	}, field[:end])
	if mediaType, _, err := mime.ParseMediaType(joined); err != nil || !strings.Contains(mediaType, "/") {
		return field
	}
	return joined + field[end:]
}

// cutParams cuts what stands behind a media type into parameters, without comments in
// front of them.
func cutParams(text string) (params []string) {
	quoted, start := false, 0
	add := func(param string) {
		param = strings.TrimSpace(param)
		for strings.HasPrefix(param, "(") {
			_, behind, _ := strings.Cut(param, ")")
			param = strings.TrimSpace(behind)
		}
		if param != "" {
			params = append(params, param)
		}
	}
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"' && !quoted:
			quoted = closes(text[i+1:])
		case text[i] == '"':
			quoted = false
		case text[i] == '\\' && quoted:
			i++
		case text[i] == ';' && !quoted:
			add(text[start:i])
			start = i + 1
		}
	}
	add(text[start:])
	return params
}

// closes reports whether there is the end of a quoted string in text.
func closes(text string) bool {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			return true
		case '\\':
			i++
		}
	}
	return false
}

// mendValue writes the value of a parameter as a quoted string, without a comment or
// another parameter behind it.
func mendValue(value string) string {
	value = strings.TrimSpace(value)
	if strings.HasPrefix(value, `"`) && closes(value[1:]) {
		end := 1
		for ; value[end] != '"'; end++ {
			if value[end] == '\\' {
				end++
			}
		}
		return value[:end+1]
	}
	value = strings.TrimLeft(value, `"`)
	if i := strings.IndexAny(value, " \t"); i >= 0 && strings.ContainsAny(value[i:], "=(") {
		value = value[:i]
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}
