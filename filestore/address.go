package filestore

import "strings"

// QualifyAccount returns the address of an account as a client may name it, for a
// [Directory]: name@domain, name%domain, which is for clients that need the "@"
// themselves, or a name alone, which is one of domain. Every protocol takes all
// three, for logins and for accounts in paths and commands.
//
// What comes out may be the address of no account: that is for the Directory to say.
//
// Source: CommuniGate Pro Guide, FTP, for name%domain; that it holds in every
// protocol is our choice.
func QualifyAccount(name, domain string) string {
	if strings.Contains(name, "@") {
		return name
	}
	if i := strings.LastIndexByte(name, '%'); i >= 0 {
		return name[:i] + "@" + name[i+1:]
	}
	return name + "@" + domain
}
