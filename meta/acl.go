package meta

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// aclName is the local name of the elements that hold an ACL.
const aclName = "ACL"

// Rights is a set of access rights, one bit for each letter of an ACL. No right
// implies another. The zero value is no right.
//
// Source: the letters l, r, w, d as vendor clients send them; a for the right
// that the later CommuniGate Pro Guide calls Administer is our choice.
type Rights uint8

// The rights of an ACL.
const (
	List       Rights = 1 << iota // l: list a directory
	Read                          // r: read a file and its plain attributes
	Write                         // w: write a file, create in a directory, set plain attributes
	Delete                        // d: remove
	Administer                    // a: see and change the grants themselves
)

// letters holds the letter of each right, in the order of the constants.
const letters = "lrwda"

// Has reports whether r holds all the rights of wanted.
func (r Rights) Has(wanted Rights) bool { return r&wanted == wanted }

// String returns the letters of r in the order "lrwda", "" for no right, and
// Rights(0x20) for a value with unknown bits.
func (r Rights) String() string {
	if r >= 1<<len(letters) {
		return fmt.Sprintf("Rights(%#x)", uint8(r))
	}
	text := make([]byte, 0, len(letters))
	for i := range len(letters) {
		if r.Has(1 << i) {
			text = append(text, letters[i])
		}
	}
	return string(text)
}

// parseRights reads the letters of an entry. Unknown ones give nothing.
func parseRights(text string) Rights {
	var r Rights
	for i := range len(letters) {
		if strings.IndexByte(text, letters[i]) >= 0 {
			r |= 1 << i
		}
	}
	return r
}

// Entry gives rights to one subject. Subject is one of
//
//	anyone  anyone@  anyone@domain    all accounts; those of the owner's Domain; of that domain
//	account  account@domain           one account
//	#group  #group@domain             the members of a group
//
// where a name without a domain belongs to the owner's Domain. Use field names:
// the struct may grow.
type Entry struct {
	Subject string
	Rights  Rights
}

// ACL is an access control list. It only gives: what no entry gives is not
// there. The zero value gives nothing. Entries with a sign, as mailbox ACLs
// have them, are left out by [Parse]: nobody says what they mean here.
type ACL []Entry

// Caller is an account that has logged in. The zero value is a stranger, who
// has no rights by any ACL.
type Caller struct {
	// Account and Domain are the real names, not aliases. Without both the
	// caller is a stranger.
	Account, Domain string
	// InGroup reports whether the caller is a member of a group. The group
	// and the domain come as the ACL spells them. Nil: of none.
	InGroup func(group, domain string) bool
	// Unproved tells that the caller speaks for others who have proved nothing:
	// the subject anyone does not mean it.
	Unproved bool
}

// anyone is the subject that means all accounts, or those of a domain.
const anyone = "anyone"

// Rights returns what the list gives to a caller: the union of the entries
// whose subject matches. ownerDomain is the Domain of the account that owns the
// file. Names are compared case-insensitively.
//
// Source: our choice, over the subjects that vendor clients send.
func (a ACL) Rights(c Caller, ownerDomain string) Rights {
	if c.Account == "" || c.Domain == "" {
		return 0
	}
	var r Rights
	for _, entry := range a {
		if c.matches(entry.Subject, ownerDomain) {
			r |= entry.Rights
		}
	}
	return r
}

// matches reports whether a subject means this caller.
func (c Caller) matches(subject, ownerDomain string) bool {
	if sameName(subject, anyone) {
		return !c.Unproved
	}
	name, domain, _ := strings.Cut(subject, "@")
	if domain == "" {
		domain = ownerDomain
	}
	if group, ok := strings.CutPrefix(name, "#"); ok {
		return group != "" && c.InGroup != nil && c.InGroup(group, domain)
	}
	if sameName(name, anyone) {
		return !c.Unproved && sameName(domain, c.Domain)
	}
	return sameName(domain, c.Domain) && sameName(name, c.Account)
}

// sameName compares without regard to case, but more narrowly than
// strings.EqualFold, for which "ſmith" is "smith": a grant must not reach two
// accounts.
func sameName(a, b string) bool {
	//lint:ignore SA6005 EqualFold is too wide, see above
	return a == b || strings.ToLower(a) == strings.ToLower(b) && strings.ToUpper(a) == strings.ToUpper(b)
}

// writtenEntry is an entry as it stands in a document, signs and unknown
// letters included.
type writtenEntry struct{ subject, letters string }

// entriesOf returns the entries of an ACL element. One with elements inside is
// none: our choice.
func entriesOf(acl *element) []writtenEntry {
	var entries []writtenEntry
	for _, child := range acl.children {
		if child.name != (xml.Name{Space: acl.name.Space, Local: "subKey"}) || len(child.children) > 0 {
			continue
		}
		if subject := strings.TrimSpace(child.attribute("key")); subject != "" {
			entries = append(entries, writtenEntry{subject, strings.TrimSpace(string(child.text))})
		}
	}
	return entries
}

// parse returns what an entry means; ok is false if it gives nothing.
func (e writtenEntry) parse() (entry Entry, ok bool) {
	signed := strings.HasPrefix(e.subject, "+") || strings.HasPrefix(e.subject, "-") || strings.ContainsAny(e.letters, "+-")
	return Entry{Subject: e.subject, Rights: parseRights(e.letters)}, !signed
}

// aclElement writes an ACL element.
func aclElement(entries []writtenEntry) string {
	var b strings.Builder
	b.WriteString("<" + aclName + ">")
	for _, e := range entries {
		b.WriteString(`<subKey key="` + escape(e.subject) + `">` + escape(e.letters) + "</subKey>")
	}
	b.WriteString("</" + aclName + ">")
	return b.String()
}

// Check returns why the entry cannot be written, nil if it can: the subject is none, or
// holds what no text of a sidecar holds, or there are unknown rights.
func (e Entry) Check() error {
	_, err := e.write()
	return err
}

// write returns the entry for aclElement, or why it cannot be written.
func (e Entry) write() (writtenEntry, error) {
	if err := checkText(e.Subject); err != nil {
		return writtenEntry{}, fmt.Errorf("subject %w", err)
	}
	name, domain, hasDomain := strings.Cut(e.Subject, "@")
	account := strings.TrimPrefix(name, "#")
	switch {
	case account == "" || strings.ContainsFunc(e.Subject, unicode.IsSpace) || strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") || strings.Contains(domain, "@"),
		hasDomain && domain == "" && !sameName(name, anyone):
		return writtenEntry{}, errors.New("subject is none of anyone, account and #group, with or without a domain")
	case e.Rights >= 1<<len(letters):
		return writtenEntry{}, fmt.Errorf("unknown right in %v", e.Rights)
	}
	return writtenEntry{e.Subject, e.Rights.String()}, nil
}
