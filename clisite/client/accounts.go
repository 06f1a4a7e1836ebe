package client

import (
	"context"
	"fmt"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// Commands about domains and accounts (CommuniGate Pro Guide, CLI). An account is
// name@domain, or a name of the domain of the one who has logged in; "" and "*" are
// the one who has logged in. An empty domain is the domain of that account.

// ask gives a command that changes nothing, and returns its data.
func (c *Client) ask(ctx context.Context, cmd *command) (v cgpdata.Value, err error) {
	v = cgpdata.Null()
	err = c.run(ctx, cmd.repeatable(), func(a *answer) (err error) {
		v, err = a.value()
		return err
	})
	return v, err
}

// stringList gives a command whose answer is an array of strings.
func (c *Client) stringList(ctx context.Context, cmd *command) ([]string, error) {
	v, err := c.ask(ctx, cmd)
	if err != nil {
		return nil, err
	}
	if v.Kind() != cgpdata.KindArray {
		return nil, fmt.Errorf("%w: %s gives no array", ErrProtocol, cmd.name)
	}
	all := make([]string, 0, v.Len())
	for each := range v.Elements() {
		if each.Kind() != cgpdata.KindString {
			return nil, fmt.Errorf("%w: %s gives an array of %v", ErrProtocol, cmd.name, each.Kind())
		}
		all = append(all, strings.Clone(each.Text()))
	}
	return all, nil
}

// oneString gives a command whose answer is a string.
func (c *Client) oneString(ctx context.Context, cmd *command) (string, error) {
	v, err := c.ask(ctx, cmd)
	if err == nil && v.Kind() != cgpdata.KindString {
		err = fmt.Errorf("%w: %s gives no string", ErrProtocol, cmd.name)
	}
	return v.Text(), err
}

// dictionaryOf gives a command whose answer is a dictionary.
func (c *Client) dictionaryOf(ctx context.Context, cmd *command) (cgpdata.Value, error) {
	v, err := c.ask(ctx, cmd)
	if err == nil && v.Kind() != cgpdata.KindDictionary {
		err = fmt.Errorf("%w: %s gives no dictionary", ErrProtocol, cmd.name)
	}
	return v, err
}

// domain adds the name of a domain, if there is one.
func (c *command) domain(name string) *command {
	if name == "" {
		return c
	}
	return c.text(name)
}

// ListDomains returns the names of all domains.
func (c *Client) ListDomains(ctx context.Context) ([]string, error) {
	return c.stringList(ctx, newCommand("LISTDOMAINS"))
}

// MainDomainName returns the name of the Main Domain.
func (c *Client) MainDomainName(ctx context.Context) (string, error) {
	return c.oneString(ctx, newCommand("MAINDOMAINNAME"))
}

// ListAccounts returns the names of the accounts of a domain, without the domain, in
// the order of the server.
func (c *Client) ListAccounts(ctx context.Context, domain string) (names []string, err error) {
	err = c.run(ctx, newCommand("LISTACCOUNTS").domain(domain).repeatable(), func(a *answer) error {
		names = nil
		return a.dictionary(func(name string, _ cgpdata.Value) error { // the value is the type of the account
			names = append(names, strings.Clone(name))
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return names, nil
}

// GetAccountSettings returns the settings that an account has of its own, a
// dictionary.
func (c *Client) GetAccountSettings(ctx context.Context, account string) (cgpdata.Value, error) {
	return c.dictionaryOf(ctx, newCommand("GETACCOUNTSETTINGS").account(account))
}

// GetAccountEffectiveSettings returns the settings that are in effect for an account,
// a dictionary.
func (c *Client) GetAccountEffectiveSettings(ctx context.Context, account string) (cgpdata.Value, error) {
	return c.dictionaryOf(ctx, newCommand("GETACCOUNTEFFECTIVESETTINGS").account(account))
}

// GetAccountLocation returns where an account stands in the base directory.
func (c *Client) GetAccountLocation(ctx context.Context, account string) (string, error) {
	return c.oneString(ctx, newCommand("GETACCOUNTLOCATION").account(account))
}

// GetAccountAliases returns the aliases of an account.
func (c *Client) GetAccountAliases(ctx context.Context, account string) ([]string, error) {
	return c.stringList(ctx, newCommand("GETACCOUNTALIASES").account(account))
}

// GetAccountRights returns the administrator's rights of an account.
func (c *Client) GetAccountRights(ctx context.Context, account string) ([]string, error) {
	return c.stringList(ctx, newCommand("GETACCOUNTRIGHTS").account(account))
}

// GetAccountInfo returns what the server remembers of an account under a key; Null if
// nothing.
func (c *Client) GetAccountInfo(ctx context.Context, account, key string) (cgpdata.Value, error) {
	return c.ask(ctx, newCommand("GETACCOUNTINFO").account(account).option("KEY", key))
}

// GetDomainSettings returns the settings that a domain has of its own, a dictionary.
func (c *Client) GetDomainSettings(ctx context.Context, domain string) (cgpdata.Value, error) {
	return c.dictionaryOf(ctx, newCommand("GETDOMAINSETTINGS").domain(domain))
}

// GetDomainEffectiveSettings returns the settings that are in effect for a domain, a
// dictionary.
func (c *Client) GetDomainEffectiveSettings(ctx context.Context, domain string) (cgpdata.Value, error) {
	return c.dictionaryOf(ctx, newCommand("GETDOMAINEFFECTIVESETTINGS").domain(domain))
}

// GetDomainAliases returns the other names of a domain.
func (c *Client) GetDomainAliases(ctx context.Context, domain string) ([]string, error) {
	return c.stringList(ctx, newCommand("GETDOMAINALIASES").text(domain))
}

// VerifyAccountPassword checks the password of an account. A wrong one is an *Error.
func (c *Client) VerifyAccountPassword(ctx context.Context, account, password string) error {
	return c.run(ctx, newCommand("VERIFYACCOUNTPASSWORD").account(account).option("PASSWORD", password), nil)
}
