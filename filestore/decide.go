package filestore

import (
	"context"
	"errors"
	"io/fs"

	"github.com/cgpkit/cgpkit/meta"
)

// This file decides who may do what: where a name stands, what the caller is to its
// account, and what they want to do. What an access control list gives is in acl.go, and
// what a rename or a copy needs on both of its ends in change.go.

// ground is where a clean name stands, by its spelling alone.
type ground uint8

const (
	public ground = iota
	private
	sidecars       // or below what is spelled as one
	pages          // management pages
	mountsOfDomain // or below one
	mountsOfServer
)

// rule is what somebody may do on a ground.
type rule uint8

const (
	nothing     rule = iota
	byList           // what an access control list gives
	whileOn          // read, while the WebSite service is on
	whileOnList      // that, and what a list gives
	everything
	mounted // everything, in another store
)

// rules is the table of rights. Those to a mount of the server are by the role to the
// server; share paths have a rule of their own.
var rules = [...][4]rule{
	//               Stranger Other        Owner       Administrator
	public:         {whileOn, whileOnList, everything, everything},
	private:        {nothing, byList, everything, everything},
	sidecars:       {nothing, nothing, everything, everything},
	pages:          {nothing, nothing, everything, everything},
	mountsOfDomain: {nothing, nothing, nothing, mounted},
	mountsOfServer: {nothing, nothing, nothing, mounted},
}

// ground returns where a name with these traits stands.
func (t traits) ground() ground {
	switch {
	case t.mount == domainMount:
		return mountsOfDomain
	case t.mount == serverMount:
		return mountsOfServer
	case t.page:
		return pages
	case t.sidecar:
		return sidecars
	case t.private:
		return private
	}
	return public
}

// need is what somebody needs to do something with a name. Owners and
// administrators need nothing.
type need struct {
	// byShape refuses all who have no right of their own, whatever is there.
	// Without it what is public is open to everybody.
	byShape bool
	// on is what the access control list of the name has to give, and inside
	// that of the directory which holds it. With neither, no list helps.
	on, inside meta.Rights
}

// The table of operations: our choice, over the letters that vendor clients
// send. No letter implies another. A name where nothing is has the rights of a
// file without a list of its own: those of its directory.
var (
	toRead      = need{on: meta.Read}
	toList      = need{on: meta.List}
	toWrite     = need{byShape: true, on: meta.Write}
	toMake      = need{byShape: true, inside: meta.Write}
	toRemove    = need{byShape: true, on: meta.Delete}
	toDescribe  = need{byShape: true, on: meta.Read} // attributes are not public
	toSetPlain  = need{byShape: true, on: meta.Write}
	toSetGrants = need{byShape: true, on: meta.Administer}
	toManage    = need{byShape: true}
)

const allRights = meta.List | meta.Read | meta.Write | meta.Delete | meta.Administer

// refusal is the answer to somebody without the right: what may not be seen is not there,
// but what needs a right of its own is refused, whether or not anything is there.
func (n need) refusal() error {
	if n.byShape {
		return fs.ErrPermission
	}
	return fs.ErrNotExist
}

// enter decides whether the caller may do with name what has that need.
func (v *View) enter(ctx context.Context, op, name string, n need) (access, error) {
	a, err := v.decide(ctx, name, n)
	if err != nil {
		return access{}, pathError(op, Redact(name), err)
	}
	return a, nil
}

// decide goes by the order that [View] tells.
func (v *View) decide(ctx context.Context, name string, n need) (access, error) {
	if err := ctx.Err(); err != nil {
		return access{}, err
	}
	if err := CheckName(name); err != nil {
		return access{}, err
	}
	if s, ok := parseShare(name); ok {
		return v.decideShare(ctx, s, n)
	}
	t := traitsOf(name)
	where := t.ground()
	byShape := n.byShape || t.private || where >= pages
	if byShape && v.caller.IsStranger() {
		return access{}, fs.ErrPermission // before anything is looked up
	}
	a, err := v.lookup(ctx, where)
	if err != nil && byShape && a.role < Owner && (a.Address != "" || errors.Is(err, fs.ErrNotExist)) {
		return access{}, fs.ErrPermission // a fault of one account tells no more than its absence
	}
	if err != nil {
		return access{}, err
	}
	a.name, a.privileged = name, a.role >= Owner
	if !a.privileged || where >= mountsOfDomain { // owners may name what they like, but mounts
		n.byShape = byShape
	}
	switch {
	case v.caller.Limited && where >= mountsOfDomain:
		return access{}, fs.ErrPermission
	case v.caller.Limited && (where == sidecars || !a.WebSite):
		return access{}, n.refusal()
	}
	role := a.role
	if where == mountsOfServer {
		if role, err = v.serverRole(ctx); err != nil {
			return access{}, err
		}
	}
	switch rule := rules[where][role]; {
	case rule == everything:
		a.rights, a.sidecars = allRights, !v.caller.Limited
		return a, nil
	case rule == mounted:
		a.privileged, a.rights, a.sidecars = true, allRights, true
		return v.enterMount(ctx, a, t.mount)
	case (rule == whileOn || rule == whileOnList) && a.WebSite && !n.byShape:
		return a, nil
	case rule == byList || rule == whileOnList: // last, so that what is public costs no look at one
		return v.decideByList(ctx, a, n)
	}
	return access{}, n.refusal()
}

// decideByList decides where a list alone can help. What fails on the way tells no more
// than a list that gives nothing.
func (v *View) decideByList(ctx context.Context, a access, n need) (access, error) {
	f, err := v.find(ctx, a, a.name, n)
	if !f.meets(n) {
		return access{}, refuse(n.refusal(), err)
	}
	a.rights, a.listed = f.on, f.info != nil && f.info.IsDir()
	return a, nil
}

// decideShare decides on a share path. It is read-only, for the owner too, and
// a wrong key looks like a missing file: keys are compared before anything is
// looked up at the target.
func (v *View) decideShare(ctx context.Context, s share, n need) (access, error) {
	if n.byShape {
		return access{}, fs.ErrPermission
	}
	a, err := v.lookup(ctx, private)
	if err != nil {
		return access{}, err
	}
	if !a.WebSite {
		return access{}, fs.ErrNotExist
	}
	right := false
	if CheckName(s.target) == nil {
		if right, err = a.opens(ctx, s); err != nil {
			return access{}, err // and no guess
		}
	}
	if !a.memory.admits(v.caller, a.Address, s.key, right) {
		return access{}, fs.ErrNotExist
	}
	if t := traitsOf(s.target); t.sidecar || t.virtual {
		return access{}, fs.ErrNotExist
	}
	a.name, a.share = s.target, true
	return a, nil
}
