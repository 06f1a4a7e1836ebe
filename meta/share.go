package meta

import (
	"crypto/rand"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// sharesName is the local name of the elements that hold share keys.
const sharesName = "accessPwd"

// MaxKey is the largest number of bytes of a share key that is written: it is
// one segment of a path. Our choice.
const MaxKey = 255

// Share is a share key with the addresses it was sent to, which are a note for
// the owner and grant nothing. Use field names: the struct may grow.
//
// Source: CommuniGate Pro Guide, File Storage, "Shared Private Files".
type Share struct {
	Key        string // a secret, see [Document.Keys]
	Recipients []Recipient
}

// Recipient is somebody who got a share key. Use field names: the struct may
// grow.
type Recipient struct {
	Address string
	Name    string // "" if unknown
}

// String describes the share without telling its key.
func (s Share) String() string {
	return fmt.Sprintf("share key sent to %d recipients", len(s.Recipients))
}

// MarshalText returns what String does, so that loggers that write JSON do not
// tell the key either.
func (s Share) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// NewKey returns a new random share key: 26 letters and digits that need no
// escaping in a URL, with at least 128 bits from crypto/rand. It is safe for
// concurrent use.
func NewKey() string { return rand.Text() }

// Shares returns the share keys of the document with their recipients, in their
// order. An element with several keys gives several shares.
func (d *Document) Shares() []Share {
	var shares []Share
	for _, grant := range d.grants {
		if grant.name.Local != sharesName {
			continue
		}
		for _, key := range keysOf(grant) {
			shares = append(shares, Share{Key: key.text, Recipients: recipientsOf(grant)})
		}
	}
	return shares
}

// writtenKey is a share key and where its element stands in the text of the
// accessPwd element.
type writtenKey struct {
	text       string
	start, end int
	revoked    bool // in an editor
}

// keysOf returns the keys of an accessPwd element, trimmed; empty ones are left
// out. A key with elements inside is none: our choice.
func keysOf(accessPwd *element) []writtenKey {
	var keys []writtenKey
	for _, child := range accessPwd.children {
		if child.name != (xml.Name{Space: accessPwd.name.Space, Local: "key"}) || len(child.children) > 0 {
			continue
		}
		if text := strings.TrimSpace(string(child.text)); text != "" {
			keys = append(keys, writtenKey{text: text, start: child.start - accessPwd.start, end: child.end - accessPwd.start})
		}
	}
	return keys
}

// recipientsOf returns the EMail children of an accessPwd element.
func recipientsOf(accessPwd *element) []Recipient {
	var recipients []Recipient
	for _, child := range accessPwd.children {
		if child.name != (xml.Name{Space: accessPwd.name.Space, Local: "EMail"}) || len(child.children) > 0 {
			continue
		}
		if address := strings.TrimSpace(string(child.text)); address != "" {
			recipients = append(recipients, Recipient{Address: address, Name: strings.TrimSpace(child.attribute("realName"))})
		}
	}
	return recipients
}

// element writes the share as an accessPwd element.
func (s Share) element() (string, error) {
	if err := checkKey(s.Key); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("<" + sharesName + "><key>" + escape(s.Key) + "</key>")
	for _, r := range s.Recipients {
		if err := checkText(r.Address); err != nil {
			return "", fmt.Errorf("address of a recipient %w", err)
		}
		if err := checkText(r.Name); err != nil {
			return "", fmt.Errorf("name of a recipient %w", err)
		}
		address, name := strings.TrimSpace(r.Address), strings.TrimSpace(r.Name)
		if address == "" {
			return "", errors.New("address of a recipient is empty")
		}
		b.WriteString("<EMail")
		if name != "" {
			b.WriteString(` realName="` + escape(name) + `"`)
		}
		b.WriteString(">" + escape(address) + "</EMail>")
	}
	b.WriteString("</" + sharesName + ">")
	return b.String(), nil
}

// checkKey refuses a key that could not be named in a path, where it has to be
// one clean segment.
func checkKey(key string) error {
	if err := checkText(key); err != nil {
		return fmt.Errorf("share key %w", err)
	}
	switch {
	case key == "" || key != strings.TrimSpace(key):
		return errors.New("share key is empty, or has blanks around it")
	case len(key) > MaxKey:
		return fmt.Errorf("share key is longer than %d bytes", MaxKey)
	case key == "." || key == ".." || strings.ContainsAny(key, `/\`):
		return errors.New("share key is not one segment of a path")
	}
	return nil
}

// checkText refuses what cannot be written, or not be read back the same. The
// error goes on where the name of the thing ends.
func checkText(text string) error {
	if !utf8.ValidString(text) {
		return errors.New("is not valid UTF-8")
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || isForbidden(r) }) {
		return errors.New("has a control character")
	}
	return nil
}

// escapedMax is how many bytes escape makes of one at most.
const escapedMax = len("&#34;")

// escape writes text without characters that XML forbids as the content of an
// element or of an attribute.
func escape(text string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(text)) // a strings.Builder takes everything
	return b.String()
}
