package meta

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"
)

// Grants is what a metadata document gives to others than its owner: the share
// keys and the ACL, in a form that takes little memory and is quickly asked,
// however many of them there are. Keys cannot be read from it. It is immutable
// and safe for concurrent use. The zero value grants nothing.
type Grants struct {
	keys      [][sha256.Size]byte
	accounts  map[string]Rights // by folded subject; all but groups
	groups    []Entry
	hasACL    bool
	namespace string
	size      int
}

// ParseGrants reads a metadata document as [Parse] does, with the same errors,
// and keeps no more of it than what it grants.
func ParseGrants(src []byte) (*Grants, error) {
	d, err := parseWith(string(src), true)
	if err != nil {
		return nil, err
	}
	g := &Grants{hasACL: d.hasACL, namespace: strings.Clone(d.Namespace()), size: len(d.keys) * sha256.Size}
	for _, key := range d.keys {
		g.keys = append(g.keys, sha256.Sum256([]byte(key)))
	}
	for _, entry := range d.acl {
		entry.Subject = strings.Clone(entry.Subject)
		g.size += perEntry + 2*len(entry.Subject)
		if strings.HasPrefix(entry.Subject, "#") {
			g.groups = append(g.groups, entry)
			continue
		}
		if g.accounts == nil {
			g.accounts = make(map[string]Rights)
		}
		g.accounts[fold(entry.Subject)] |= entry.Rights
	}
	return g, nil
}

// perEntry is about what an entry takes up in memory beside its text.
const perEntry = 64

// Size returns about how many bytes of memory the grants take up.
func (g *Grants) Size() int { return g.size }

// Namespace returns what [Document.Namespace] does.
func (g *Grants) Namespace() string { return g.namespace }

// HasKey reports whether key is one of the share keys. The time it takes depends
// on the number of keys and on the length of this one, and on nothing else. An
// empty key never matches.
func (g *Grants) HasKey(key string) bool {
	sum := sha256.Sum256([]byte(key))
	found := 0
	for i := range g.keys {
		found |= subtle.ConstantTimeCompare(g.keys[i][:], sum[:])
	}
	return found == 1
}

// Rights returns what the ACL gives to a caller, as [ACL.Rights] does, and
// whether there is an ACL. Only groups cost more the more entries there are.
func (g *Grants) Rights(c Caller, ownerDomain string) (r Rights, listed bool) {
	if c.Account == "" || c.Domain == "" {
		return 0, g.hasACL
	}
	var names []string
	if !sameName(c.Account, anyone) {
		names = append(names, c.Account)
	}
	if !c.Unproved {
		names = append(names, anyone)
		r |= g.accounts[fold(anyone)]
	}
	for _, name := range names {
		r |= g.accounts[fold(name+"@"+c.Domain)]
		if sameName(ownerDomain, c.Domain) {
			r |= g.accounts[fold(name)] | g.accounts[fold(name+"@")]
		}
	}
	for _, entry := range g.groups {
		if !r.Has(entry.Rights) && c.matches(entry.Subject, ownerDomain) {
			r |= entry.Rights
		}
	}
	return r, g.hasACL
}

// fold returns the same text for names that are the same, see [sameName].
func fold(name string) string { return strings.ToLower(name) + "\x00" + strings.ToUpper(name) }
