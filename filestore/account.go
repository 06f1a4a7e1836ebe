package filestore

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
)

// Accounts is what a view must know of the mail server's accounts. A host
// program with its own user database implements it; package directory does so
// for a CommuniGate Pro base directory.
//
// A [View] asks each once, so a change of a limit, a service or a right counts from the
// next request or command on. They must be safe for concurrent use, and quick.
type Accounts interface {
	// Account finds an account by its address, account@domain, in any letter
	// case and by any alias. One that does not exist gives fs.ErrNotExist.
	// Any other error is a fault; if the account exists, its real Address
	// comes with it.
	Account(ctx context.Context, address string) (Account, error)
	// Role tells what caller is to the account with this real address. An
	// owner who is an administrator as well is Administrator. For an empty
	// address, which stands for no account in particular, the role is
	// Administrator only for an administrator of the whole server.
	Role(ctx context.Context, caller Caller, account string) (Role, error)
}

// Directory is all that a way in (HTTP, FTP, TFTP, CLI) must know of the mail
// server.
type Directory interface {
	Accounts
	// Login proves who is calling. It gives ErrLogin for everything that is
	// wrong with the name, the password, the account or its services, and its kind
	// ErrLoginUnchecked if the password may be right all the same.
	Login(ctx context.Context, c Credentials) (Caller, error)
	// Site tells what a connection to this host, as [CleanHost] returns it, and
	// to this local address means. An empty host is a protocol or a client
	// that names none.
	Site(ctx context.Context, host string, local netip.Addr) (Site, error)
}

// Prover is an addition to a [Directory] some of whose accounts can log in without
// sending their password: by Digest of HTTP (RFC 7616), and by APOP (RFC 1939 §7).
type Prover interface {
	// LoginProof is Login with a proof in the place of c.Password: proves reports
	// whether whoever knows this password has sent the proof, and compares in constant
	// time. It is called once at most, and must not keep the password. Failures are
	// counted as those of Login are. An account whose password is not known in clear
	// gives ErrLogin.
	LoginProof(ctx context.Context, c Credentials, proves func(password string) bool) (Caller, error)
}

// Account is one account as it is at this moment. Use field names.
type Account struct {
	// Address is the real address, account@domain, in lower case.
	Address string
	// Limits bound what may be stored.
	Limits Limits
	// WebSite tells that the WebSite service is on, for the account and for
	// its domain: strangers and other users may read public files.
	WebSite bool
	// DefaultPage is the file that stands for its directory in HTTP, as the
	// setting DefaultWebPage has it. See [View.DefaultPage].
	DefaultPage string
}

// Caller is whoever asks for something. The zero Caller is a stranger: one
// who has not proved who they are. Callers are made by [Directory.Login].
type Caller struct {
	// Account is the real address, account@domain, in lower case, or empty.
	Account string
	// Limited marks a caller that stands for a service and not for a person,
	// as the account tftpuser does in TFTP. It is never an owner, never
	// reaches sidecars or mounts, and needs the WebSite service everywhere. The
	// subject anyone of an access control list does not mean it: our choice, as
	// whoever it speaks for has not proved who they are.
	Limited bool
	// Remote is the address of the client, which the way in sets. Wrong share
	// keys are counted for it.
	Remote netip.Addr
	// RemoteUnverified tells that nothing has shown that the client is at
	// Remote: anybody can send a datagram with the address of somebody else, as
	// a request of TFTP is one. Wrong share keys of such clients are counted
	// apart, and so shut no other client out.
	RemoteUnverified bool
}

// IsStranger reports whether the caller has not logged in.
func (c Caller) IsStranger() bool { return c.Account == "" }

// Role is what a caller is to an account.
type Role uint8

// The roles, from the least to the most.
const (
	// Stranger and Other may read public files where the WebSite service is
	// on; they differ in what they are told.
	Stranger Role = iota
	Other
	// Owner and Administrator may do everything that anybody may.
	Owner
	Administrator
)

// String returns "stranger", "other", "owner" or "administrator".
func (r Role) String() string {
	switch r {
	case Stranger:
		return "stranger"
	case Other:
		return "other"
	case Owner:
		return "owner"
	case Administrator:
		return "administrator"
	}
	return fmt.Sprintf("Role(%d)", uint8(r))
}

// Credentials are what a client gave to prove who it is. Use field names.
type Credentials struct {
	// Login is a full address, account@domain.
	Login    string
	Password string
	// Service is the service that the login is for, which the account and its
	// domain must have: "FTP", "PWD". Empty: none (HTTP).
	Service string
	// Remote is the address of the client.
	Remote netip.Addr
}

// LogValue leaves the password out of logs.
func (c Credentials) LogValue() slog.Value {
	return slog.GroupValue(slog.String("login", Redact(c.Login)), slog.String("service", c.Service),
		slog.String("remote", c.Remote.String()))
}

// Site is what a server name or a local address stands for. Use field names.
type Site struct {
	// Domain completes account names that come without a domain.
	Domain string
	// Account, if not empty, is the address of the one account whose storage
	// the whole host shows.
	Account string
	// Prefix, if not empty, may stand before an account name in a URL path,
	// as "~" always may (Domain setting WebSitePrefix). It is compared with the
	// path behind its first slash, and may hold slashes: people/ is for
	// /people/john/.
	Prefix string
	// BareNames lets account names stand in a URL path without any prefix
	// (WebSitePrefix is the empty string).
	BareNames bool
	// TrustPages lets pages of this domain's accounts run scripts in the
	// origin of the server. Without it they are put into a sandbox.
	TrustPages bool
	// Default tells that the host names nothing here, and that this is what all
	// such hosts mean. A proxy in front may have a name that only its clients
	// know.
	Default bool
}
