package clisite

import (
	"bytes"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
)

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
	optKey
	optPassword
	optDelete // a word without a value
)

// subject is what the first words of a command name.
type subject uint8

const (
	anAccount   subject = iota
	aDomain             // that of the caller if it is left out
	theDomain           // that may not be left out
	aSkin               // [domain SKIN] skin
	aName               // a skin or a file of the server
	perhapsName         // a language, or nothing
	nothing
)

// position is where a write begins.
type position uint8

const (
	atOffset position = iota
	atBegin           // overwrite from the beginning, keep the rest
	atEnd             // append
	asNew             // the file must not exist
)

// arguments are the words of a command behind its keyword.
type arguments struct {
	account  string // as is domain, the one that the command names
	domain   string
	name     string // a skin, a language or a file
	given    option
	path     string
	file     string
	into     string
	auth     string
	key      string
	password string
	offset   int64
	at       position
	size     int64
	data     []byte
	list     cgpdata.Value
}

// parseArguments reads what a command names, and options in any order, each once.
func parseArguments(words [][]byte, c command) (a arguments, err error) {
	words, err = a.subject(words, c.subject)
	for err == nil && len(words) > 0 {
		var n int
		n, err = a.option(words, c.required|c.allowed)
		words = words[n:]
	}
	if err == nil && a.given&c.required != c.required {
		err = errSyntax
	}
	return a, err
}

// subject reads the words that come first, and returns the others.
func (a *arguments) subject(words [][]byte, s subject) (rest [][]byte, err error) {
	switch {
	case s == nothing, len(words) == 0 && (s == aDomain || s == perhapsName):
		return words, nil
	case len(words) == 0:
		return nil, errSyntax
	}
	first, err := parseName(words[0])
	rest = words[1:]
	switch {
	case err != nil:
		return nil, err
	case s == anAccount:
		a.account = first
	case s == aDomain, s == theDomain:
		a.domain = first
	case s == aSkin && len(rest) > 1 && bytes.EqualFold(rest[0], []byte("SKIN")):
		a.domain = first
		a.name, err = parseName(rest[1])
		rest = rest[2:]
	default:
		a.name = first
	}
	return rest, err
}

// option reads the option that words start with, and returns how many words
// it has.
func (a *arguments) option(words [][]byte, allowed option) (n int, err error) {
	if words[0][0] == '(' {
		return 1, a.setList(words[0], allowed)
	}
	var which option
	name := strings.ToUpper(string(words[0][:min(len(words[0]), 16)]))
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
	case "KEY":
		which = optKey
	case "PASSWORD":
		which = optPassword
	case "OFFSET":
		which = optOffset
	case "DELETE":
		if allowed&optDelete == 0 || a.given&optDelete != 0 {
			return 0, errSyntax
		}
		a.given |= optDelete
		return 1, nil
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
	case optKey:
		a.key, err = parseString(word)
	case optPassword:
		a.password, err = parseString(word)
	case optAuth:
		a.auth, err = parseName(word)
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
