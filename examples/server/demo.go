package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/meta"
)

// demo is a small base directory with something of everything to try.
type demo struct {
	dir      string
	kept     bool // remove leaves it
	accounts []demoAccount
	key      string // opens John's holidays
}

type demoAccount struct {
	address, password, about string
}

// newDemo makes a demo base in the directory keep, which must be empty or missing and
// stays; or, if that is "", in a new temporary one, which is there until remove is
// called.
func newDemo(keep string) (*demo, error) {
	dir, err := keep, error(nil)
	if keep == "" {
		dir, err = os.MkdirTemp("", "cgpkit-demo-")
	} else {
		err = takeEmpty(keep)
	}
	if err != nil {
		return nil, err
	}
	d := &demo{dir: dir, kept: keep != "", key: meta.NewKey()}
	for _, a := range []demoAccount{
		{address: "postmaster@client1.com", about: "administrator of the server"},
		{address: "john@client1.com", about: "a site with pages, pictures, private and shared files, calls; also called johnny"},
		{address: "mary@client1.com", about: "an empty storage of at most 20 files and 100K"},
		{address: "paul@client1.com", about: "a storage that is nearly full"},
		{address: "ann@client2.com", about: "a site in the second domain"},
		{address: "dora@client2.com", about: "administrator of the second domain"},
	} {
		a.password = strings.ToLower(rand.Text()[:16])
		d.accounts = append(d.accounts, a)
	}
	if err := d.write(time.Now()); err != nil {
		return nil, errors.Join(err, d.remove())
	}
	return d, nil
}

// takeEmpty makes a directory, or makes sure that there is nothing in it.
func takeEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return os.MkdirAll(dir, 0o700)
	case err == nil && len(entries) > 0:
		return fmt.Errorf("%s is not empty: what is there is served by -base", dir)
	}
	return err
}

// remove removes the demo base and all that was stored in it, unless it is to be kept.
func (d *demo) remove() error {
	if d.kept {
		return nil
	}
	return os.RemoveAll(d.dir)
}

// dictionary makes a settings value out of keys and strings in turn.
func dictionary(keysAndValues ...string) cgpdata.Value {
	var pairs []cgpdata.Pair
	for i := 0; i+1 < len(keysAndValues); i += 2 {
		pairs = append(pairs, cgpdata.Pair{Key: keysAndValues[i], Value: cgpdata.String(keysAndValues[i+1])})
	}
	return cgpdata.Dictionary(pairs...)
}

// rights makes the content of Access.settings that gives rights to one account.
func rights(account string, names ...string) cgpdata.Value {
	var values []cgpdata.Value
	for _, name := range names {
		values = append(values, cgpdata.String(name))
	}
	return cgpdata.Dictionary(cgpdata.Pair{Key: account, Value: cgpdata.Array(values...)})
}

// write fills the base directory.
func (d *demo) write(now time.Time) error {
	settings := map[string]cgpdata.Value{
		"Settings/Main.settings":  dictionary("DomainName", "client1.com"),
		"Settings/HTTPU.settings": dictionary("AdvertiseBasicAUTH", "YES"),
		"Settings/DomainDefault.settings": cgpdata.Dictionary(cgpdata.Pair{Key: "AccountDefaults", Value: dictionary(
			"MaxWebSize", "10M", "MaxWebFiles", "1000", "DefaultWebPage", "default.html")}),
		"Accounts/Settings/Access.settings":            rights("postmaster", "Master"),
		"Accounts/Settings/Aliases.data":               dictionary("johnny", "john"),
		"Domains/client2.com/Settings/Access.settings": rights("dora", "Domain", "CanAccessWebSites"),
		"Domains/client2.com/Settings/Domain.settings": dictionary("WebSitePrefix", "~"),
	}
	limits := map[string][]string{
		"mary@client1.com": {"MaxWebSize", "100K", "MaxWebFiles", "20"},
		"paul@client1.com": {"MaxWebSize", "256K", "MaxWebFiles", "50"},
	}
	for _, a := range d.accounts {
		own := append([]string{"Password", a.password, "PasswordEncryption", "clear"}, limits[a.address]...)
		settings[accountDir(a.address)+"/account.settings"] = dictionary(own...)
	}
	for name, value := range settings {
		text, err := cgpdata.Append(nil, value, &cgpdata.Format{Layout: cgpdata.Settings})
		if err != nil {
			return err
		}
		if err := d.file(name, text); err != nil {
			return err
		}
	}
	files, err := d.files(now)
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := d.file(name, content); err != nil {
			return err
		}
	}
	return nil
}

// accountDir is the directory of an account in the base.
func accountDir(address string) string {
	name, domain, _ := strings.Cut(address, "@")
	if domain == "client1.com" {
		return "Accounts/" + name + ".macnt"
	}
	return "Domains/" + domain + "/" + name + ".macnt"
}

func (d *demo) file(name string, content []byte) error {
	path := filepath.Join(d.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

// pages are what there is to open in a browser, with who may.
func (d *demo) pages() [][2]string {
	return [][2]string{
		{"/~john/", "a site, for everybody"},
		{"/~john/index.wssp", "its files, for john and postmaster"},
		{"/~john/private/index.wssp/share?name=holidays", "who has a link to a private folder, for john and postmaster"},
		{"/~john/index.wssp/shares", "all that John shares, for john and postmaster"},
		{"/~john/protected/holidays/pwd/" + d.key + "/", "that folder, for everybody who has this link"},
		{"/~john/pictures/index.wssp/attributes?name=coast.jpg", "what a picture shows, for john and postmaster"},
		{"/~john/private/index.wssp/attributes?name=team", "who may do what in a folder, for john and postmaster"},
		{"/~john/index.wssp/calls", "three months of calls, for john and postmaster"},
		{"/~john/freebusy.wssp", "when John is busy, for everybody"},
		{"/~john/freebusy.wssp?zone=Europe/Berlin&with=ann@client2.com", "when John and Ann are free, for everybody"},
		{"/~paul/index.wssp", "a storage that is nearly full, for paul and postmaster"},
		{"/~postmaster/index.wssp/accounts", "all domains and accounts, for postmaster"},
		{"/~postmaster/index.wssp/sharing?domain=*", "all that is shared, for postmaster"},
		{"/~dora@client2.com/index.wssp/accounts", "the accounts of one domain, for dora@client2.com and postmaster"},
	}
}

// describe tells where the demo is, who may log in, and what to try.
func (d *demo) describe(w io.Writer, ss services) {
	fmt.Fprintf(w, "demo base in %s\n\n", d.dir)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, a := range d.accounts {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", a.address, a.password, a.about)
	}
	table.Flush()
	fmt.Fprintln(w)
	john := d.accounts[1]
	for _, s := range ss {
		if s.bound == nil {
			continue
		}
		switch s.name {
		case "http", "https":
			for _, page := range d.pages() {
				fmt.Fprintf(table, "  %s://%v%s\t%s\n", s.name, s.bound, page[0], page[1])
			}
			table.Flush()
		case "ftp":
			fmt.Fprintf(w, "  lftp -u %s,%s ftp://%v\n", john.address, john.password, s.bound)
		case "tftp":
			fmt.Fprintf(w, "  curl tftp://%v/notes.txt\n", s.bound)
		}
	}
	fmt.Fprintln(w)
}
