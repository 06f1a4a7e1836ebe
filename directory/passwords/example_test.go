package passwords_test

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/cgpkit/cgpkit/directory/passwords"
	"github.com/cgpkit/cgpkit/directory/passwords/crypt"
	"github.com/cgpkit/cgpkit/filestore"
)

// users are the users of a mail server with a database of its own, here a map: stored
// passwords by address.
type users struct {
	stored   map[string]string
	verifier *passwords.Verifier // one for all
}

// Login is the method of a filestore.Directory.
func (u users) Login(ctx context.Context, c filestore.Credentials) (filestore.Caller, error) {
	stored, ok := u.stored[c.Login]
	return u.verifier.Login(ctx, c, passwords.Account{
		Address: c.Login, Missing: !ok, Password: stored, Flow: passwords.Flow{Count: 3, Time: 10 * time.Minute},
	})
}

// A mail server with users of its own lets the package check their passwords, and
// limit guessing.
func Example() {
	mail := users{
		stored:   map[string]string{"mary@example.com": "{CRYPT}$5$saltstring$s/S5fW8Ud3G3YpK6jKMV.4ZFUlPORNY1lvbSvYNgrW/"},
		verifier: passwords.New(&passwords.Options{Crypt: crypt.Match}),
	}
	ctx := context.Background()
	login := func(name, password, remote string) {
		caller, err := mail.Login(ctx, filestore.Credentials{Login: name, Password: password, Remote: netip.MustParseAddr(remote)})
		fmt.Printf("%q %v\n", caller.Account, err)
	}
	login("mary@example.com", "secret1", "192.0.2.1")
	login("nobody@example.com", "secret1", "192.0.2.1")
	for range 3 {
		login("mary@example.com", "guess", "198.51.100.7")
	}
	login("mary@example.com", "secret1", "198.51.100.7") // too late for this network
	login("mary@example.com", "secret1", "192.0.2.1")
	// Output:
	// "mary@example.com" <nil>
	// "" wrong name or password
	// "" wrong name or password
	// "" wrong name or password
	// "" wrong name or password
	// "" wrong name or password
	// "mary@example.com" <nil>
}
