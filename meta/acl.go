package meta

import (
	"fmt"
	"strings"
)

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
}

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
	if sameName(subject, "anyone") {
		return true
	}
	name, domain, _ := strings.Cut(subject, "@")
	if domain == "" {
		domain = ownerDomain
	}
	if group, ok := strings.CutPrefix(name, "#"); ok {
		return group != "" && c.InGroup != nil && c.InGroup(group, domain)
	}
	return sameName(domain, c.Domain) && (sameName(name, "anyone") || sameName(name, c.Account))
}

// sameName compares without regard to case, but more narrowly than
// strings.EqualFold, for which "ſmith" is "smith": a grant must not reach two
// accounts.
func sameName(a, b string) bool {
	//lint:ignore SA6005 EqualFold is too wide, see above
	return a == b || strings.ToLower(a) == strings.ToLower(b) && strings.ToUpper(a) == strings.ToUpper(b)
}

// parseEntry reads one subKey element; ok is false if it gives nothing.
func parseEntry(subject, text string) (entry Entry, ok bool) {
	subject, text = strings.TrimSpace(subject), strings.TrimSpace(text)
	signed := strings.HasPrefix(subject, "+") || strings.HasPrefix(subject, "-") || strings.ContainsAny(text, "+-")
	return Entry{Subject: subject, Rights: parseRights(text)}, subject != "" && !signed
}
