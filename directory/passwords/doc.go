// Package passwords checks passwords for mail servers of any kind, and limits guessing.
// A server tells what it knows of an account; the package says who may log in.
// Package directory uses it for CommuniGate Pro base directories.
//
//	verifier := passwords.New(&passwords.Options{Crypt: crypt.Match, Logger: log}) // one for all
//	caller, err := verifier.Login(ctx, credentials, passwords.Account{
//		Address: "mary@example.com", Password: "{CRYPT}$2b$10$...",
//	})
//
// # Forms of stored passwords
//
// The form of a stored password is told by a mark:
//
//	byte 2        a crypt(3) string, for Options.Crypt
//	{CRYPT}       the same
//	{SCHEME}      MD5, SMD5, SHA, SSHA, and SHA256, SHA384, SHA512 with and without salt
//	none          clear text, if Account.Clear says so
//
// Everything else opens no account, unless Options.Verify knows it: an empty
// password, one encrypted by a server (byte 1), a hash of another form, or one whose
// parameters would take very long. The first login to such an account is logged as a
// warning.
//
// # Failed logins
//
// After as many failed logins as its Flow says, an account is closed to the network
// that they came from, until the time of the Flow has passed since the first of them. A
// network is an IPv4 address, or 64 bits of IPv6, so a stranger cannot lock the owner
// out.
//
// After ten times as many from all networks together, the account is closed to every
// network from which nobody has logged in to it since the Verifier was made. Accounts
// with rights over others (Privileged) are exempt. So they can be guessed at from any
// number of networks, and their passwords ought to be long.
//
// A login that succeeds changes nothing in the count, or the owner would give more
// tries to whoever guesses. Names without an account are treated in the same way. What
// is counted is bounded in memory: when more names are guessed at, the oldest are
// forgotten.
//
// # Time
//
// At most as many crypt(3) hashes are worked out at a time as there are processors:
// half as many for one network, and one for an account and a network. Networks take
// turns, those that have logged in before first. A password that was right needs no
// hash for a minute, as long as the stored one does not change. Once there have been
// hashes, every refused login costs one, so that the time does not tell whether an
// account exists. A network that has used up its flow is refused at once.
//
// Sources: RFC 2307 §5.3 and OpenLDAP (slapd-pw-sha2) for schemes; settings files of a
// CommuniGate Pro server for byte 2; what is refused, and when, is our choice.
package passwords
