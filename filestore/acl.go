package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/cgpkit/cgpkit/meta"
)

// Groups is an addition to [Accounts] that knows groups of accounts. Without
// it the subject #group of an access control list matches nobody. It must be
// safe for concurrent use, and quick.
type Groups interface {
	// InGroup reports whether caller, who has logged in, is a member of a
	// group. The names come as the list spells them; a group without a domain
	// is one of the owner's. An error counts as no.
	InGroup(ctx context.Context, caller Caller, group, domain string) (bool, error)
}

// found is what stands under a name, and what access control lists give the
// caller there.
type found struct {
	info   FileInfo    // nil: nothing
	on     meta.Rights // on the name
	inside meta.Rights // on the directory that holds it
}

func (f found) meets(n need) bool {
	return n.on|n.inside != 0 && f.on.Has(n.on) && f.inside.Has(n.inside)
}

// find looks a name up, with what lists give the caller there, as far as n asks. The
// list of a file is its own, or if it has none that of its directory; of a directory
// its own; no other is asked. Root and sidecars have none, nor has what is below
// another spelling of private: what grants is spelled exactly.
func (v *View) find(ctx context.Context, a access, name string, n need) (f found, err error) {
	f.info, err = a.Store.Stat(ctx, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	if !canHaveList(name) {
		return f, nil
	}
	if dir, _ := Split(name); f.info == nil || !f.info.IsDir() || n.inside != 0 {
		f.inside, _, err = v.listAt(ctx, a, dir)
	}
	if f.on = f.inside; f.info == nil {
		return f, err
	}
	own, ownErr := v.foundIn(ctx, a, f.info, f.inside)
	return own, errors.Join(err, ownErr)
}

// canHaveList reports whether what has this name can have a list.
func canHaveList(name string) bool {
	t := traitsOf(name)
	return name != Root && !t.sidecar && (!t.private || Within(name, privateName))
}

// foundIn is find for an entry of a directory in which a list gives inside.
func (v *View) foundIn(ctx context.Context, a access, entry FileInfo, inside meta.Rights) (found, error) {
	f := found{info: entry}
	if !canHaveList(entry.Path()) {
		return f, nil
	}
	f.on, f.inside = inside, inside
	grants, err := a.grantsOf(ctx, entry)
	own, listed, err := v.rights(ctx, a, grants, err)
	if listed || err != nil || entry.IsDir() {
		f.on = own
	}
	return f, err
}

// inside returns what the list of a directory gives the caller in it.
func (v *View) inside(ctx context.Context, a access, dir string) meta.Rights {
	r, _, _ := v.listAt(ctx, a, dir) // what fails gives nothing
	return r
}

// listAt returns what the list that stands at a name gives the caller, and
// whether there is one.
func (v *View) listAt(ctx context.Context, a access, name string) (r meta.Rights, listed bool, err error) {
	grants, err := a.grants(ctx, name)
	return v.rights(ctx, a, grants, err)
}

// rights returns what the list among grants gives the caller, and whether there is one;
// failed is why there are none.
func (v *View) rights(ctx context.Context, a access, grants *meta.Grants, failed error) (r meta.Rights, listed bool, err error) {
	if err = failed; grants == nil {
		return 0, false, err
	}
	account, domain, _ := strings.Cut(v.caller.Account, "@")
	caller := meta.Caller{Account: account, Domain: domain, Unproved: v.caller.Limited}
	if groups, ok := v.views.directory.(Groups); ok {
		caller.InGroup = func(group, domain string) bool {
			in, refused := groups.InGroup(ctx, v.caller, group, domain)
			if refused != nil {
				err = fmt.Errorf("look for group %s: %w", group, refused)
			}
			return in && refused == nil
		}
	}
	_, ownerDomain, _ := strings.Cut(a.Address, "@")
	r, listed = grants.Rights(caller, ownerDomain)
	return r, listed, err
}

// mayRead reports whether a list lets the caller read an entry.
func (v *View) mayRead(ctx context.Context, a access, name string) bool {
	f, _ := v.find(ctx, a, name, toRead) // what fails gives nothing
	return f.meets(toRead)
}

// refuse keeps for the log why a right could not be looked up. Where there were
// no open files or no memory to do so, that is the answer: another time it may be
// yes.
func refuse(refusal, err error) error {
	if err == nil {
		return refusal
	}
	if errors.Is(err, ErrExhausted) {
		return err
	}
	return fmt.Errorf("%w: %v", refusal, err)
}

// throughout demands a right on everything below a directory that was reached
// by a list. Sidecars belong to their entries, and an orphan to nobody; other names
// with their suffix are the owner's alone. The names that orphans wait for are added to
// orphans, if that is not nil.
func (v *View) throughout(ctx context.Context, a access, dir string, n need, orphans map[string]bool) error {
	inside := v.inside(ctx, a, dir)
	for info, err := range a.Store.List(ctx, dir, ListOptions{Sidecars: true}) {
		if err != nil {
			return err
		}
		if isOrphan(info) {
			if orphans != nil {
				orphans[info.Path()] = true
			}
			continue
		}
		if f, err := v.foundIn(ctx, a, info, inside); !f.meets(n) {
			return refuse(fs.ErrPermission, err)
		}
		if info.IsDir() {
			if err := v.throughout(ctx, a, info.Path(), n, orphans); err != nil {
				return err
			}
		}
	}
	return nil
}
