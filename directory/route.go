package directory

import (
	"fmt"
	"strings"
)

// Route gives a whole host to one account, as the Router line
// <LoginPage@HOST> = ACCOUNT@DOMAIN does: every path of that host is served from
// the top of the account's storage. With an asterisk in Host it is for all hosts
// that match: * stands for one character or more, dots too, and what it stands
// for takes the place of the one asterisk that Account may have. So *.users.example
// and *@client1.com give every account a host of its own. Use field names.
type Route struct {
	Host    string // without port
	Account string // account@domain
}

// ParseRoute reads <LoginPage@HOST> = ACCOUNT@DOMAIN. Blanks between the parts
// do not matter, nor does letter case. Both names are brought into lower case.
//
// Source: CommuniGate Pro Guide, File Storage, "HTTP Access to File Storage".
func ParseRoute(line string) (Route, error) {
	left, account, ok := cut(line)
	inside, open := strings.CutPrefix(left, "<")
	inside, closed := strings.CutSuffix(inside, ">")
	user, host, at := strings.Cut(strings.ToLower(inside), "@")
	if !ok || !open || !closed || !at || user != "loginpage" {
		return Route{}, fmt.Errorf("route %q: want <LoginPage@HOST> = ACCOUNT@DOMAIN", clip(line))
	}
	r, err := Route{Host: host, Account: account}.normal()
	if err != nil {
		return Route{}, fmt.Errorf("route %q: %w", clip(line), err)
	}
	return r, nil
}

func (r Route) normal() (Route, error) {
	host, err := hostPattern(r.Host)
	if err != nil {
		return Route{}, err
	}
	account := strings.ToLower(r.Account)
	switch stars := strings.Count(account, "*"); {
	case stars > 1:
		return Route{}, fmt.Errorf("%q has two asterisks", clip(r.Account))
	case stars == 1 && !strings.Contains(host, "*"):
		return Route{}, fmt.Errorf("%q has an asterisk and its host has none", clip(r.Account))
	}
	if _, _, ok := splitAddress(fill(account, "x")); !ok {
		return Route{}, fmt.Errorf("%q is no address of an account", clip(r.Account))
	}
	return Route{Host: host, Account: account}, nil
}

// fill puts a text in the place of the asterisk, if there is one.
func fill(pattern, text string) string { return strings.Replace(pattern, "*", text, 1) }

// hostPattern is domainName for a host that may have an asterisk.
func hostPattern(host string) (string, error) {
	before, after, star := strings.Cut(host, "*")
	if !star {
		return domainName(host)
	}
	if strings.Contains(after, "*") {
		return "", fmt.Errorf("%q has two asterisks", clip(host))
	}
	// Two names that differ in one letter show where the asterisk belongs in their
	// clean form.
	x, err := domainName(before + "x" + after)
	if err != nil {
		return "", err
	}
	y, err := domainName(before + "y" + after)
	if err != nil {
		return "", err
	}
	at := 0
	for at < len(x) && at < len(y) && x[at] == y[at] {
		at++
	}
	label := x[strings.LastIndexByte(x[:min(at, len(x))], '.')+1:]
	if at == len(x) || len(x) != len(y) || x[at+1:] != y[at+1:] || strings.HasPrefix(label, "xn--") {
		return "", fmt.Errorf("%q has an asterisk in a label with other letters than ASCII", clip(host))
	}
	return x[:at] + "*" + x[at+1:], nil
}

// routes give hosts to accounts. They are never changed.
type routes struct {
	exact    map[string]string // host -> account@domain
	patterns []Route           // with an asterisk in Host, in the order that was given
}

func newRoutes(all []Route) (routes, error) {
	rs := routes{exact: map[string]string{}}
	for _, r := range all {
		r, err := r.normal()
		if err == nil && strings.Contains(r.Host, "*") {
			err = rs.addPattern(r)
		} else if err == nil {
			err = once(rs.exact, r.Host, r.Account)
		}
		if err != nil {
			return routes{}, fmt.Errorf("route: %w", err)
		}
	}
	return rs, nil
}

func (rs *routes) addPattern(r Route) error {
	for _, old := range rs.patterns {
		if old.Host == r.Host && old.Account != r.Account {
			return fmt.Errorf("%s is given twice", r.Host)
		}
	}
	rs.patterns = append(rs.patterns, r)
	return nil
}

// find returns the account of a clean host: that of the route for just this host,
// else that of the first pattern given that matches and leads to what can be an
// address.
func (rs routes) find(host string) (account string, ok bool) {
	if account, ok := rs.exact[host]; ok {
		return account, true
	}
	for _, r := range rs.patterns {
		if text, ok := matchStar(r.Host, host); ok {
			account := fill(r.Account, text)
			if _, _, ok := splitAddress(account); ok {
				return account, true
			}
		}
	}
	return "", false
}

// matchStar returns what the asterisk of a pattern stands for in a text.
func matchStar(pattern, text string) (star string, ok bool) {
	before, after, _ := strings.Cut(pattern, "*")
	rest, ok := strings.CutPrefix(text, before)
	if !ok {
		return "", false
	}
	star, ok = strings.CutSuffix(rest, after)
	return star, ok && star != ""
}
