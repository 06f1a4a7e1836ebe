// Package clisite serves account storages to programs, by the command line interface of
// CommuniGate Pro over the PWD protocol and over HTTP (CommuniGate Pro Guide, CLI and
// PWD). It has the commands for storages, skins and applications, and those that
// scripts need on the way to them.
//
//	server := &clisite.Server{Views: filestore.NewViews(users, stores, nil)}
//	listener, err := net.Listen("tcp", "127.0.0.1:106")
//	if err != nil {
//		return err
//	}
//	go server.Serve(listener)
//	// ... later
//	server.Shutdown(ctx)
//
// # Dialogue
//
//	S: 200 cgpkit PWD server ready <ef21...@client1.com>
//	C: USER john
//	S: 300 please send the PASS
//	C: PASS secret
//	S: 200 login OK
//	C: INLINE
//	S: 200 OK
//	C: GETSTORAGEFILEINFO *
//	S: 201 (#1024,#2)
//	C: QUIT
//	S: 200 connection closed
//
// USER and PASS, or APOP name answer, are the login, for the service PWD. The greeting has
// a challenge for APOP where the directory is a [filestore.Prover]; APOP opens accounts whose
// password is kept in clear. STLS puts the connection into TLS, before the login. INLINE has
// data follow on the line of the status; otherwise they are on the next one. NOOP does
// nothing, NEWPASS is refused, QUIT is the end. After three logins that failed, and after
// five minutes without a command, the server closes the connection.
//
// Codes are 200, 201 with data, 300; 500 for what is not understood, and 501 for everything
// else that did not work.
//
// # Commands
//
// Keywords are in any letter case, options in any order, each once. Values are
// single-line text of package cgpdata. Blanks stand between words, but a closing quote or
// bracket ends a word too: FILE "a"(name). Within brackets a command may go over lines. A
// datablock may be [QUJD], "QUJD", "[QUJD]" or QUJD.
//
//	Command                     Arguments                                  Rights   Answer                         Source
//	LISTSTORAGEFILES            acct [PATH dir] [AUTH x]                   files    {name={..};} with a folder ()  guide
//	READSTORAGEFILE             acct FILE f [OFFSET n] [SIZE n] [AUTH x]   files    ([data],#Tmodified,#size)      guide
//	WRITESTORAGEFILE            acct FILE f [OFFSET n|BEG|END|NEW]
//	                            [AUTH x] DATA [b64]                        files    -                              guide
//	RENAMESTORAGEFILE           acct FILE a INTO b [AUTH x]                files    -                              guide
//	DELETESTORAGEFILE           acct FILE f [AUTH x]                       files    -                              guide
//	GETSTORAGEFILEINFO          acct [PATH dir] [AUTH x]                   files    (#bytes,#files)                guide
//	READSTORAGEFILEATTR         acct FILE f [(names)] [AUTH x]             files    (<a/>,<b/>)                    guide
//	UPDATESTORAGEFILEATTR       acct FILE f (<a/>,..) [AUTH x]             files    -                              guide
//	LISTWEBFILES                acct [PATH dir]                            files    as LISTSTORAGEFILES            perl
//	GETWEBFILE                  acct FILE f [OFFSET n] [SIZE n]            files    as READSTORAGEFILE             perl
//	PUTWEBFILE                  acct FILE f [OFFSET n] DATA [b64]          files    -                              perl
//	RENAMEWEBFILE               acct FILE a INTO b                         files    -                              perl
//	DELETEWEBFILE               acct FILE f                                files    -                              perl
//	GETWEBFILESINFO             acct                                       files    as GETSTORAGEFILEINFO          perl
//	GETFILESUBSCRIPTION         acct                                       manager  (dir,..)                       guide
//	SETFILESUBSCRIPTION         acct (dir,..)                              manager  -                              guide
//	LISTDOMAINSKINS             [domain]                                   skins    (skin,..)                      perl
//	CREATEDOMAINSKIN            [domain SKIN] skin                         skins    -                              perl
//	RENAMEDOMAINSKIN            [domain SKIN] skin INTO new                skins    -                              perl
//	DELETEDOMAINSKIN            [domain SKIN] skin                         skins    -                              perl
//	LISTDOMAINSKINFILES         [domain SKIN] skin                         skins    {name={..};}                   perl
//	READDOMAINSKINFILE          [domain SKIN] skin FILE f                  skins    ([data],#Tmodified)            perl
//	STOREDOMAINSKINFILE         [domain SKIN] skin FILE f DATA [b64]
//	                            or DELETE                                  skins    -                              perl
//	LISTSERVERSKINS                                                        server   (skin,..)                      perl
//	CREATESERVERSKIN            skin                                       server   -                              perl
//	RENAMESERVERSKIN            skin INTO new                              server   -                              perl
//	DELETESERVERSKIN            skin                                       server   -                              perl
//	LISTSERVERSKINFILES         skin                                       server   {name={..};}                   perl
//	READSERVERSKINFILE          skin FILE f                                server   ([data],#Tmodified)            perl
//	STORESERVERSKINFILE         skin FILE f DATA [b64] or DELETE           server   -                              perl
//	CREATEDOMAINPBX             domain [FILE language]                     skins    -                              perl
//	DELETEDOMAINPBX             domain FILE language                       skins    -                              guide
//	LISTDOMAINPBXFILES          domain [FILE language]                     skins    {name={..};}                   perl
//	READDOMAINPBXFILE           domain FILE f                              skins    ([data],#Tmodified)            perl
//	STOREDOMAINPBXFILE          domain FILE f DATA [b64] or DELETE         skins    -                              perl
//	CREATESERVERPBX             [language]                                 server   -                              perl
//	DELETESERVERPBX             language                                   server   -                              guide
//	LISTSERVERPBXFILES          [language]                                 server   {name={..};}                   perl
//	READSERVERPBXFILE           f                                          server   ([data],#Tmodified)            perl
//	STORESERVERPBXFILE          f DATA [b64] or DELETE                     server   -                              perl
//	MAINDOMAINNAME                                                         anybody  name                           perl
//	LISTDOMAINS                                                            domain   (domain,..)                    perl
//	LISTACCOUNTS                [domain]                                   domain   {account=macnt;}               perl
//	GETDOMAINALIASES            [domain]                                   domain   (domain,..)                    perl
//	GETDOMAINSETTINGS           [domain]                                   domain   {..}                           perl
//	GETDOMAINEFFECTIVESETTINGS  [domain]                                   domain   {..}                           perl
//	GETACCOUNTSETTINGS          acct                                       self     {..}                           perl
//	GETACCOUNTEFFECTIVESETTINGS acct                                       self     {..}                           perl
//	GETACCOUNTALIASES           acct                                       self     (name,..)                      perl
//	GETACCOUNTRIGHTS            acct                                       self     (right,..)                     perl
//	GETACCOUNTINFO              acct [KEY key] or [(keys)]                 self     value, or {key=value;}         perl
//	GETACCOUNTLOCATION          acct                                       domain   "Accounts/john.macnt"          guide
//	VERIFYACCOUNTPASSWORD       acct PASSWORD pw                           domain   -                              perl
//
// The commands for Server have twins for Cluster, with that word in its place. Everything
// else is an unknown command; so are those from MAINDOMAINNAME on where the directory is no
// [Administration]. Sources: the CommuniGate Pro Guide (CLI), and where perl stands, the
// vendor's Perl client for the form of the words. What nobody documents is our choice: who
// may ask what, who is told that something does not exist, and all texts.
//
// Rights:
//
//	files    what filestore.View decides
//	manager  the owner of the storage, and administrators of it
//	skins    administrators of the storages of the domain
//	server   administrators of the server
//	domain   these, and administrators of the domain, as Administration has it
//	self     these, and the account itself
//
// Passwords and private keys are in no answer but that of GETACCOUNTSETTINGS and
// GETDOMAINSETTINGS to an administrator of the server. LISTDOMAINS shows an administrator
// of a domain that domain. Whoever may not ask about a domain or an account is not told
// whether it exists.
//
// An account is *, name, name@domain or name%domain, where the domain of the one who
// has logged in is left out. A file name that starts with ~name/ or ~name@domain/
// is in the storage of that account instead. AUTH x runs a command with the
// rights of account x; this is for administrators of the server, and for those
// that a [Delegator] names.
//
// The skin "" is the one without a name, whose files are not in a directory. It is listed if
// it has files. The names of the files of skins are stored in lower case, as CommuniGate Pro
// does. A domain or server has its skins and applications from the first file on: to create
// them without a name, or a language, makes nothing.
//
// A subscription is an array of directories of others, ~owner@domain/private/dir. It is kept
// in the storage's own state and not among its files: see [filestore.Notebook].
//
// # HTTP
//
// [Handler] takes the same commands as a field of a form, from administrators of the
// server.
//
// # Limits
//
// Without TLS passwords are sent in clear text: listen on the loopback interface then.
// One answer carries at most 16 MiB of a file. What a command may see or change is
// decided by [filestore.View]. A write with an offset has most stores copy what stands
// before it, so large files are best written in few slices; dirstore on Linux does not. A
// gigabyte goes in and out in slices of 16 MiB with 120 MB of memory, in 16 seconds here.
//
// Commands that come all at once are answered together, as far as that holds nobody up. A
// GETSTORAGEFILEINFO takes one system call beside those of the connection. Sent all at
// once they have 0.75 of the rate of a TCP server that sends as many bytes back, line by
// line, and one by one 0.64 (BenchmarkInfo, the median of 7 runs on a machine with 2 busy
// processors). A file of 5 MB comes in one answer in 20 ms (BenchmarkRead).
package clisite
