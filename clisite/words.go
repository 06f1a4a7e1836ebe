package clisite

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/meta"
)

// maxWords bounds the words of a command, and maxItems the values in one word.
const (
	maxWords = 32
	maxItems = 1000
)

// splitWords cuts a line into its words: values, which may hold blanks between
// quotes or brackets, with blanks between them. What is in a word is for
// [parseValue] to check.
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
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quoted && c == '\\':
			i++
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
			depth++
		case c == ')' || c == '}' || c == ']':
			depth--
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

// isPlainData reports whether a word is a datablock without blanks: what programs
// send.
func isPlainData(word []byte) bool {
	if len(word) < 2 || len(word)%4 != 2 || word[0] != '[' || word[len(word)-1] != ']' {
		return false
	}
	text := word[1 : len(word)-1]
	padding := len(text) - len(bytes.TrimRight(text, "="))
	for _, c := range text[:len(text)-padding] {
		if c != '+' && c != '/' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	if len(text) == 0 {
		return true
	}
	_, err := base64.StdEncoding.Strict().Decode(make([]byte, 3), text[len(text)-4:])
	return err == nil
}

// costOf returns how many bytes the values of words may take, beside the words.
// What a datablock holds takes the place of its text.
func costOf(words [][]byte) (n int) {
	for _, word := range words {
		if !isPlainData(word) {
			n += 3 * len(word)
		}
	}
	return n
}

// parseData reads a word that has to be a datablock, and may overwrite it. The base64 text of one in
// quotes, as an old client sends it, counts as well.
func parseData(word []byte) ([]byte, error) {
	if isPlainData(word) {
		text := word[1 : len(word)-1]
		n, err := base64.StdEncoding.Decode(text, text) // never ahead of what it reads
		return text[:n], err
	}
	v, err := parseValue(word)
	if err == nil && v.Kind() == cgpdata.KindString && len(word) > 0 && word[0] == '"' {
		if strings.ContainsAny(v.Text(), "[]") {
			return nil, errSyntax
		}
		v, err = parseValue([]byte("[" + v.Text() + "]"))
	}
	if err != nil || v.Kind() != cgpdata.KindData {
		return nil, errSyntax
	}
	return v.Bytes(), nil
}

// option is a set of the options that commands have.
type option uint

const (
	optPath option = 1 << iota
	optFile
	optInto
	optOffset
	optPlace // the words BEG, END and NEW in the place of an offset
	optSize
	optAuth
	optData
	optList // an array, without a word before it
)

// position is where a write begins.
type position uint8

const (
	atOffset position = iota
	atBegin           // overwrite from the beginning, keep the rest
	atEnd             // append
	asNew             // the file must not exist
)

// arguments are the words of a command behind its name.
type arguments struct {
	account string
	given   option
	path    string
	file    string
	into    string
	auth    string
	offset  int64
	at      position
	size    int64
	data    []byte
	list    cgpdata.Value
}

// parseArguments reads an account and options, in any order and each once.
func parseArguments(words [][]byte, required, allowed option) (a arguments, err error) {
	if len(words) == 0 {
		return a, errSyntax
	}
	if a.account, err = parseAccount(words[0]); err != nil {
		return a, err
	}
	for words = words[1:]; len(words) > 0; {
		n, err := a.option(words, required|allowed)
		if err != nil {
			return a, err
		}
		words = words[n:]
	}
	if a.given&required != required {
		return a, errSyntax
	}
	return a, nil
}

// parseAccount reads the name of an account; * need not be quoted.
func parseAccount(word []byte) (string, error) {
	if string(word) == "*" {
		return "*", nil
	}
	return parseString(word)
}

// option reads the option that words start with, and returns how many words
// it has.
func (a *arguments) option(words [][]byte, allowed option) (n int, err error) {
	if words[0][0] == '(' {
		return 1, a.setList(words[0], allowed)
	}
	var which option
	name := strings.ToUpper(string(words[0]))
	switch name {
	case "PATH":
		which = optPath
	case "FILE":
		which = optFile
	case "INTO":
		which = optInto
	case "SIZE":
		which = optSize
	case "AUTH":
		which = optAuth
	case "DATA":
		which = optData
	case "OFFSET":
		which = optOffset
	case "BEG", "END", "NEW":
		if allowed&optPlace == 0 || a.given&optOffset != 0 {
			return 0, errSyntax
		}
		a.given |= optOffset
		a.at = place(name)
		return 1, nil
	}
	if which&allowed == 0 || which&a.given != 0 || len(words) < 2 {
		return 0, errSyntax
	}
	a.given |= which
	return 2, a.set(which, words[1], allowed)
}

func (a *arguments) setList(word []byte, allowed option) (err error) {
	if allowed&optList == 0 || a.given&optList != 0 {
		return errSyntax
	}
	a.given |= optList
	a.list, err = parseValue(word)
	return err
}

// set reads the value of an option.
func (a *arguments) set(which option, word []byte, allowed option) (err error) {
	switch which {
	case optPath:
		a.path, err = parseString(word)
	case optFile:
		a.file, err = parseString(word)
	case optInto:
		a.into, err = parseString(word)
	case optAuth:
		a.auth, err = parseAccount(word)
	case optSize:
		a.size, err = parseCount(word)
	case optData:
		a.data, err = parseData(word)
	case optOffset:
		if a.at = place(strings.ToUpper(string(word))); a.at != atOffset && allowed&optPlace != 0 {
			return nil
		}
		a.offset, err = parseCount(word)
	}
	return err
}

func place(word string) position {
	switch word {
	case "BEG":
		return atBegin
	case "END":
		return atEnd
	case "NEW":
		return asNew
	}
	return atOffset
}
