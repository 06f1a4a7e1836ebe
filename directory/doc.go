// Package directory reads a CommuniGate Pro base directory: its domains,
// accounts and aliases, the settings that are in effect for an account, who may
// administer whom, and who may log in. [Base] implements
// [filestore.Directory], which is all that the ways in (HTTP, FTP, TFTP, the
// command line interface) must know of the mail server.
//
//	base, err := directory.Open("/var/CommuniGate", nil)
//	if err != nil {
//		return err // one line that says what is wrong with the directory
//	}
//	account, err := base.Account(ctx, "john@client1.com")
//	if err != nil {
//		return err // fs.ErrNotExist: no such account
//	}
//	fmt.Println(account.Limits.Bytes, account.WebSite)
//
// The package never writes to the base directory. What changes there counts within a
// second, without a restart: a file is looked at once a second at most, and read again
// when its size, its time or its inode has changed. In between answers come from
// memory. That holds a bounded number of accounts and domains, so that a base of any
// size opens at no cost.
//
// A file that cannot be read, or whose text is broken, closes what it would have
// opened: no login, no service, no right, no alias. So does a single value of
// that kind; other values that cannot be read are as if they were not there. All
// of it is logged, once for each version of the file, by the file's name
// within the base directory.
//
// Passwords may be stored as clear text or as hashes; see [Base.Login]. Hashes of
// crypt(3) need libraries, so what checks them is an option, [Options.Crypt]; without
// it they let nobody in. Package passwords does the checking, and limits guessing, for
// mail servers of any kind. Router lines, domain aliases and the addresses assigned to
// domains are [Options], as no source tells in which files the server keeps them. For
// the same reason a Base knows no groups.
//
// Sources: CommuniGate Pro Guide, Account Data, for the files of an account;
// CommuniGate Pro Guide, File Storage, for the settings, services and rights
// that govern it; settings files as a server left them for the spelling of
// names and values. Where no source rules a comment reads "our choice".
package directory
