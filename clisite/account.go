package clisite

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"path"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/filestore"
)

// Administration is an addition to a [filestore.Directory] that tells about domains,
// accounts and their settings. Without it the commands for them are unknown. Rights are
// checked before its methods are called, and secrets taken out of what they return.
// Addresses are in any letter case, aliases included; what does not exist gives
// fs.ErrNotExist. It must be safe for concurrent use.
type Administration interface {
	// Administers reports whether caller may ask about a domain, by its real name,
	// and all its accounts.
	Administers(ctx context.Context, caller filestore.Caller, domain string) (bool, error)
	// MainDomain returns the name of the Main Domain.
	MainDomain() string
	// Domains yields the names of all domains. An error is about one of them.
	Domains(ctx context.Context) iter.Seq2[string, error]
	// DomainName returns the real name of a domain; "" is the Main Domain.
	DomainName(ctx context.Context, name string) (string, error)
	// DomainAliases returns the other names of a domain.
	DomainAliases(ctx context.Context, name string) ([]string, error)
	// DomainSettings returns a Dictionary: what is stored for the domain, or, with
	// effective set, what is in effect.
	DomainSettings(ctx context.Context, name string, effective bool) (cgpdata.Value, error)
	// AccountLocations yields where the accounts of a domain are: slash-separated
	// paths that begin at the base directory and end in the name and the type of an account,
	// as in Accounts/john.macnt. An error is about one of them.
	AccountLocations(ctx context.Context, domain string) iter.Seq2[string, error]
	// AccountLocation is the same for one account.
	AccountLocation(ctx context.Context, address string) (string, error)
	// AccountAliases returns the other names of an account, without its domain.
	AccountAliases(ctx context.Context, address string) ([]string, error)
	// AccountRights returns the stored names of the rights of an account.
	AccountRights(ctx context.Context, address string) ([]string, error)
	// AccountSettings is DomainSettings of an account.
	AccountSettings(ctx context.Context, address string, effective bool) (cgpdata.Value, error)
	// AccountInfo returns a Dictionary: what the server keeps about the account.
	AccountInfo(ctx context.Context, address string) (cgpdata.Value, error)
}

// accountCommand finds a command about domains and accounts by its name in capitals
// (CommuniGate Pro Guide, CLI, Domain and Account Administration).
func accountCommand(name string) (c command, ok bool) {
	switch name {
	case "MAINDOMAINNAME":
		c = command{subject: nothing, run: mainDomainName}
	case "LISTDOMAINS":
		c = command{subject: nothing, run: listDomains}
	case "LISTACCOUNTS":
		c = command{subject: aDomain, run: listAccounts}
	case "GETDOMAINALIASES":
		c = command{subject: aDomain, run: domainAliases}
	case "GETDOMAINSETTINGS", "GETDOMAINEFFECTIVESETTINGS":
		effective := name == "GETDOMAINEFFECTIVESETTINGS"
		c = command{subject: aDomain, run: func(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
			return domainSettings(ctx, o, a, effective)
		}}
	case "GETACCOUNTSETTINGS", "GETACCOUNTEFFECTIVESETTINGS":
		effective := name == "GETACCOUNTEFFECTIVESETTINGS"
		c = command{run: func(ctx context.Context, o *operation, _ arguments) (cgpdata.Value, error) {
			return accountSettings(ctx, o, effective)
		}}
	case "GETACCOUNTLOCATION":
		c = command{run: accountLocation}
	case "GETACCOUNTALIASES":
		c = command{run: accountAliases}
	case "GETACCOUNTRIGHTS":
		c = command{run: accountRights}
	case "GETACCOUNTINFO":
		c = command{allowed: optKey | optList, run: accountInfo}
	case "VERIFYACCOUNTPASSWORD":
		c = command{required: optPassword, changes: true, run: verifyPassword} // how many logins may yet fail
	default:
		return c, false
	}
	return c, true
}

// relation is what the caller is to a domain, or to an account in it.
type relation uint8

const (
	other relation = iota
	itself
	domainAdministrator
	serverAdministrator
)

// administration returns what tells about domains and accounts.
func (o *operation) administration() (Administration, error) {
	if a, ok := o.views.Directory().(Administration); ok {
		return a, nil
	}
	return nil, errUnknown
}

// domainRelation tells what the caller is to a domain, and its real name; without a name it
// is the caller's. Whoever is no administrator learns nothing about others.
func (o *operation) domainRelation(ctx context.Context, name string) (_ Administration, real string, _ relation, err error) {
	all, err := o.administration()
	if err != nil {
		return nil, "", other, err
	}
	if name == "" {
		name = o.domain
	}
	role, err := o.views.Directory().Role(ctx, o.caller, "")
	if err != nil {
		return nil, "", other, err
	}
	real, err = all.DomainName(ctx, name)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case missing && role == filestore.Administrator:
		return nil, "", other, errNoDomain
	case missing:
		return nil, "", other, errAuth
	case err != nil:
		return nil, "", other, err
	case role == filestore.Administrator:
		return all, real, serverAdministrator, nil
	}
	may, err := all.Administers(ctx, o.caller, real)
	if err != nil || !may {
		return all, real, other, err
	}
	return all, real, domainAdministrator, nil
}

// administeredDomain is domainRelation for what only administrators may ask.
func (o *operation) administeredDomain(ctx context.Context, name string) (Administration, string, relation, error) {
	all, real, is, err := o.domainRelation(ctx, name)
	if err == nil && is < domainAdministrator {
		err = errAuth
	}
	return all, real, is, err
}

// accountRelation tells what the caller is to the account that the command is about, if that is
// at least what is wanted.
func (o *operation) accountRelation(ctx context.Context, wanted relation) (Administration, relation, error) {
	_, domain, _ := strings.Cut(o.account, "@")
	all, _, is, err := o.domainRelation(ctx, domain)
	if err != nil {
		return nil, other, err
	}
	if is == other && strings.EqualFold(o.account, o.caller.Account) {
		is = itself
	}
	if is < wanted {
		return nil, is, errAuth
	}
	return all, is, nil
}

// found makes of a missing account an answer about one.
func found(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errNoAccount
	}
	return err
}

func mainDomainName(_ context.Context, o *operation, _ arguments) (cgpdata.Value, error) {
	all, err := o.administration()
	if err != nil {
		return none, err
	}
	return cgpdata.String(all.MainDomain()), nil
}

// listDomains: an administrator of a domain sees that.
func listDomains(ctx context.Context, o *operation, _ arguments) (cgpdata.Value, error) {
	all, own, is, err := o.administeredDomain(ctx, "")
	if err != nil {
		return none, err
	}
	if is == domainAdministrator {
		return cgpdata.Array(cgpdata.String(own)), nil
	}
	var names []cgpdata.Value
	for name, err := range all.Domains(ctx) {
		if err == nil {
			names = append(names, cgpdata.String(name))
		} else if ctx.Err() != nil {
			return none, ctx.Err()
		}
	}
	return cgpdata.Array(names...), nil
}

func listAccounts(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
	all, domain, _, err := o.administeredDomain(ctx, a.domain)
	if err != nil {
		return none, err
	}
	var pairs []cgpdata.Pair
	for location, err := range all.AccountLocations(ctx, domain) {
		if err == nil {
			file := path.Base(location)
			kind := path.Ext(file)
			pairs = append(pairs, cgpdata.Pair{Key: strings.ToLower(strings.TrimSuffix(file, kind)), Value: cgpdata.String(strings.TrimPrefix(kind, "."))})
		} else if ctx.Err() != nil {
			return none, ctx.Err()
		}
	}
	return cgpdata.Dictionary(pairs...), nil
}

func domainAliases(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
	all, domain, _, err := o.administeredDomain(ctx, a.domain)
	if err != nil {
		return none, err
	}
	names, err := all.DomainAliases(ctx, domain)
	return texts(names), err
}

func domainSettings(ctx context.Context, o *operation, a arguments, effective bool) (cgpdata.Value, error) {
	all, domain, is, err := o.administeredDomain(ctx, a.domain)
	if err != nil {
		return none, err
	}
	v, err := all.DomainSettings(ctx, domain, effective)
	if err != nil {
		return none, err
	}
	if is == serverAdministrator && !effective {
		return v, nil
	}
	return withoutSecrets(v), nil
}

func accountSettings(ctx context.Context, o *operation, effective bool) (cgpdata.Value, error) {
	all, is, err := o.accountRelation(ctx, itself)
	if err != nil {
		return none, err
	}
	v, err := all.AccountSettings(ctx, o.account, effective)
	if err != nil {
		return none, found(err)
	}
	if is == serverAdministrator && !effective {
		return v, nil
	}
	return withoutSecrets(v), nil
}

func accountLocation(ctx context.Context, o *operation, _ arguments) (cgpdata.Value, error) {
	all, _, err := o.accountRelation(ctx, domainAdministrator)
	if err != nil {
		return none, err
	}
	location, err := all.AccountLocation(ctx, o.account)
	return cgpdata.String(location), found(err)
}

func accountAliases(ctx context.Context, o *operation, _ arguments) (cgpdata.Value, error) {
	all, _, err := o.accountRelation(ctx, itself)
	if err != nil {
		return none, err
	}
	names, err := all.AccountAliases(ctx, o.account)
	return texts(names), found(err)
}

func accountRights(ctx context.Context, o *operation, _ arguments) (cgpdata.Value, error) {
	all, _, err := o.accountRelation(ctx, itself)
	if err != nil {
		return none, err
	}
	rights, err := all.AccountRights(ctx, o.account)
	return texts(rights), found(err)
}

// accountInfo answers with the value of a key, an empty string if there is none; with
// those of a list of keys that are there; or with all.
func accountInfo(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
	all, _, err := o.accountRelation(ctx, itself)
	if err != nil {
		return none, err
	}
	info, err := all.AccountInfo(ctx, o.account)
	if err != nil {
		return none, found(err)
	}
	info = withoutSecrets(info)
	switch {
	case a.given&optKey != 0 && a.given&optList != 0:
		return none, errSyntax
	case a.given&optKey != 0:
		v, ok := info.Get(a.key)
		if !ok || v.Kind() == cgpdata.KindNull {
			v = cgpdata.String("")
		}
		return v, nil
	case a.given&optList == 0:
		return info, nil
	}
	var pairs []cgpdata.Pair
	seen := map[string]bool{}
	for key := range a.list.Elements() {
		v, ok := info.Get(key.Text())
		if ok && !seen[key.Text()] {
			pairs = append(pairs, cgpdata.Pair{Key: key.Text(), Value: v})
		}
		seen[key.Text()] = true
	}
	return cgpdata.Dictionary(pairs...), nil
}

// verifyPassword counts wrong passwords as logins do.
func verifyPassword(ctx context.Context, o *operation, a arguments) (cgpdata.Value, error) {
	all, _, err := o.accountRelation(ctx, domainAdministrator)
	if err != nil {
		return none, err
	}
	if _, err := all.AccountLocation(ctx, o.account); err != nil {
		return none, found(err)
	}
	_, err = o.views.Directory().Login(ctx, filestore.Credentials{Login: o.account, Password: a.password, Remote: o.caller.Remote})
	if errors.Is(err, filestore.ErrLogin) {
		err = errPassword
	}
	return none, err
}

func texts(names []string) cgpdata.Value {
	values := make([]cgpdata.Value, len(names))
	for i, name := range names {
		values[i] = cgpdata.String(name)
	}
	return cgpdata.Array(values...)
}

// withoutSecrets returns a value without the pairs that hold passwords and private keys,
// however deep they are.
func withoutSecrets(v cgpdata.Value) cgpdata.Value {
	switch v.Kind() {
	case cgpdata.KindArray:
		var values []cgpdata.Value
		for e := range v.Elements() {
			values = append(values, withoutSecrets(e))
		}
		return cgpdata.Array(values...)
	case cgpdata.KindDictionary:
		var pairs []cgpdata.Pair
		for key, e := range v.Pairs() {
			if !isSecret(key) {
				pairs = append(pairs, cgpdata.Pair{Key: key, Value: withoutSecrets(e)})
			}
		}
		return cgpdata.Dictionary(pairs...)
	}
	return v
}

// isSecret reports whether a setting holds something to log in with, or a private key, by
// its name: Password, RecoverPassword, PrivateSecureKey. Settings about passwords, as
// PasswordEncryption and UseAppPassword, are none.
func isSecret(key string) bool {
	key = strings.ToLower(key)
	if strings.HasPrefix(key, "use") {
		return false
	}
	for _, suffix := range [...]string{"password", "passwd", "pwd", "secret", "securekey", "privatekey"} {
		if strings.HasSuffix(key, suffix) {
			return true
		}
	}
	return false
}
