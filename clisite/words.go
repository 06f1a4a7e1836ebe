package clisite

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

// maxWords bounds the words of a command, and maxItems the values in one word.
const (
	maxWords = 32
	maxItems = 1000
)

// splitWords cuts a command into its words: values, which may hold blanks between
// quotes or brackets. Blanks stand between them, but a quote or a bracket that
// closes ends a word as well, and one that opens begins one: there are clients that
// send FILE "a"(name). What is in a word is for [parseValue] to check.
func splitWords(line []byte) (words [][]byte, err error) {
	for {
		line = bytes.TrimLeft(line, " ")
		if len(line) == 0 {
			return words, nil
		}
		n, err := wordLength(line)
		if err != nil {
			return nil, err
		}
		if len(words) == maxWords {
			return nil, errSyntax
		}
		words = append(words, line[:n])
		line = line[n:]
	}
}

// errElements: there is no room for so many attributes, or for so long ones.
var errElements = &filestore.LimitError{Kind: filestore.LimitFileSize, Limit: filestore.MaxSidecarBytes}

// wordLength returns the length of the word that line starts with; errSyntax if a
// quote or a bracket is not closed, errElements if its XML elements are more than
// a file may have as attributes.
func wordLength(line []byte) (int, error) {
	depth, quoted := 0, false
	elements, room := 0, filestore.MaxSidecarBytes
	typed := line[0] == '#' // #I[10.0.0.1]:25 is one word
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
		case quoted && c == '"' && depth <= 0 && !typed:
			return i + 1, nil
		case c == '"' && !quoted && depth <= 0 && i > 0 && !typed:
			return i, nil
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<' && depth > 0:
			n := elementLength(line[i:min(len(line), i+room+1)])
			if elements++; n > room || n < 0 && len(line)-i > room || elements > meta.MaxElements {
				return 0, errElements
			}
			if n < 0 {
				return 0, errSyntax
			}
			room -= n
			i += n - 1
		case c == '(' || c == '{' || c == '[':
			if depth <= 0 && i > 0 && !typed {
				return i, nil
			}
			depth++
		case c == ')' || c == '}' || c == ']':
			if depth--; depth <= 0 && !typed {
				return i + 1, nil
			}
		case c == ' ' && depth <= 0:
			return i, nil
		}
	}
	if quoted || depth > 0 {
		return 0, errSyntax
	}
	return len(line), nil
}

// parseValue reads a word.
func parseValue(word []byte) (cgpdata.Value, error) {
	v, err := cgpdata.Parse(word, &cgpdata.Options{SingleLine: true, MaxItems: maxItems})
	if err != nil {
		return v, errSyntax
	}
	return v, nil
}

// parseString reads a word that has to be a string.
func parseString(word []byte) (string, error) {
	v, err := parseValue(word)
	if err != nil || v.Kind() != cgpdata.KindString {
		return "", errSyntax
	}
	return v.Text(), nil
}

// parseCount reads a word that has to be a number from 0 on, as an atom or as
// a typed number.
func parseCount(word []byte) (int64, error) {
	v, err := parseValue(word)
	if err != nil {
		return 0, err
	}
	n, ok := v.Int()
	if !ok {
		var u uint64
		u, err = strconv.ParseUint(v.Text(), 10, 63)
		n = int64(u)
	}
	if err != nil || n < 0 {
		return 0, errSyntax
	}
	return n, nil
}

// parseName reads a word that names an account, a domain, a skin or a file. One
// without quotes stands for itself: clients send the names of accounts as they are.
func parseName(word []byte) (string, error) {
	if word[0] == '"' || bytes.ContainsAny(word, `"\\()[]{},;=`) {
		return parseString(word)
	}
	if !utf8.Valid(word) {
		return "", errSyntax
	}
	return string(word), nil
}

// dataText returns the base64 text of a word that is a datablock without blanks, as
// programs send it: [QUJD], and, of old clients, "QUJD", "[QUJD]" and QUJD. Each of
// these may be decoded in its place.
func dataText(word []byte) (text []byte, ok bool) {
	text = word
	if n := len(text); n >= 2 && text[0] == '"' && text[n-1] == '"' {
		text = text[1 : n-1]
	}
	if n := len(text); n >= 2 && text[0] == '[' && text[n-1] == ']' {
		text = text[1 : n-1]
	}
	if len(text)%4 != 0 {
		return nil, false
	}
	padding := len(text) - len(bytes.TrimRight(text, "="))
	for _, c := range text[:len(text)-padding] {
		if !inBase64[c] {
			return nil, false
		}
	}
	if len(text) == 0 {
		return text, true
	}
	_, err := base64.StdEncoding.Strict().Decode(make([]byte, 3), text[len(text)-4:])
	return text, err == nil
}

// inBase64 has the alphabet of base64 (RFC 4648 §4): a datablock may be long.
var inBase64 = func() (in [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		in[c] = true
	}
	return in
}()

// costOf returns how many bytes the values of words may take, beside the words.
// What a datablock holds takes the place of its text.
func costOf(words [][]byte) (n int) {
	for i, word := range words {
		if i > 0 && bytes.EqualFold(words[i-1], []byte("DATA")) {
			if _, ok := dataText(word); ok {
				continue
			}
		}
		n += 3 * len(word)
	}
	return n
}

// parseData reads a word that has to be a datablock, in one of the forms of
// [dataText], and may overwrite it.
func parseData(word []byte) ([]byte, error) {
	if text, ok := dataText(word); ok {
		n, err := base64.StdEncoding.Decode(text, text) // never ahead of what it reads
		return text[:n], err
	}
	if word[0] != '[' {
		text := string(word)
		if word[0] == '"' {
			var err error
			if text, err = parseString(word); err != nil {
				return nil, err
			}
		}
		if n := len(text); n >= 2 && text[0] == '[' && text[n-1] == ']' {
			text = text[1 : n-1]
		}
		if strings.ContainsAny(text, "[]") {
			return nil, errSyntax
		}
		word = []byte("[" + text + "]")
	}
	v, err := parseValue(word)
	if err != nil || v.Kind() != cgpdata.KindData {
		return nil, errSyntax
	}
	return v.Bytes(), nil
}
