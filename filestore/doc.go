// Package filestore holds the rules of CommuniGate Pro Account File Storages:
// which names there are, who may do what, and what a store has to promise.
//
// A way in (HTTP, FTP, ...) asks a [View]: one account's storage as one caller
// may see it, for one request. Everything about rights is decided there, so that a new
// protocol cannot get it wrong:
//
//	views := filestore.NewViews(directory, stores, nil) // one for the program
//	view := views.View(caller, "john@client1.com")       // one for each request or command
//	name, _, err := filestore.CleanName("pictures/cat.jpg") // once, at the edge
//	upload, err := view.Create(ctx, name, filestore.CreateOptions{Size: size})
//	if err != nil {
//		return err // errors.Is: fs.ErrPermission, filestore.ErrLimit, ...
//	}
//	defer upload.Abort()
//	_, err = io.Copy(upload, body)
//	if err == nil {
//		_, err = upload.Commit() // until here the old file is untouched
//	}
//
// Accounts, roles and limits come from a [Directory]: package directory reads
// those of a CommuniGate Pro base directory, and a mail server with its own
// user database implements the interface. Files are kept by a [Store] for each
// account, which [Stores] find: package dirstore keeps them in a local directory,
// memstore in memory; package storetest is the test suite for more. What else these
// may know has interfaces of its own: [Groups], [FreeBusyBuilder] and [Mounts].
//
// # Who hears of it
//
// An [Observer] makes metrics and access logs. [ViewsOptions] have one, which hears of
// each operation of a view, and so does every way in: of requests, logins and sessions.
// It may be the same one, as each [Event] has a kind.
//
// # What a request costs
//
// A View asks for the account, for the caller's role unless that is a stranger, and for the
// store once each, whatever the request does. GET of what a stranger may not read asks twice,
// as it looks for the credentials after that. MOVE and COPY, RNTO and RENAMESTORAGEFILE look
// up one more account if they spell that of their target in another way.
//
// A store may be across a network. For its owner, or for anybody where a file is public,
// a whole request makes these calls of it, however much a directory holds:
//
//	Open                  GET, HEAD, RETR, READSTORAGEFILE, TFTP
//	List                  MLSD, LIST, LISTSTORAGEFILES
//	List, Usage           a management page
//	Stat, Locks           PROPFIND, Depth: 0; Sidecar as well if there is one
//	Stat, Locks, List     PROPFIND, Depth: 1, with all attributes
//	Create, Commit        STOR, WRITESTORAGEFILE, TFTP; before them Stat: PUT
//	Stat, Rename          RNFR and RNTO, RENAMESTORAGEFILE; one more Stat: MOVE
//	Stat, Stat, Sidecar, Copy   COPY
//	Stat, Remove          DELE, DELETE, DELETESTORAGEFILE
//	Sidecar, Mkdir        MKD; before them Stat: MKCOL
//
// Sidecar reads the access control list that something new inherits. Where such a list
// decides, there come a Stat of the name and the Sidecar of its directory, and its own
// if that version is not remembered. A listing takes a Stat and a Sidecar, whatever
// rights the entries have.
//
// # Who may do what
//
// Owners and administrators may do everything that the names below allow.
// Others and strangers may read what is public, as long as the WebSite service
// is on for the account and its domain. An access control list adds to that,
// for accounts that have logged in; no letter implies another:
//
//	l  list the directory
//	r  read the file, and its plain attributes
//	w  in a directory: create; of a file: overwrite; set plain attributes
//	d  remove; for a tree, on every entry
//	a  read and set protected attributes: share keys, the list itself
//
// A rename needs w on the directory of the target, d on what it replaces, and d and r
// on the source and all below it: without r it could be moved to where it can be read.
// A copy needs r on the source, and w. A new share key opens a directory with all below
// it, so it needs a on all of that. The list of a directory is its own; that of a file
// its own too, or else that of its directory. A list never reaches sidecars, nor
// removes the private directory.
//
// In the table y is yes; n is refused, whether or not anything is there; - is not
// there; x is a name that nobody may take or move. The callers are: a stranger, another
// account of the domain (o) and one from elsewhere (e), the holder of all letters on
// all that can have a list (l), the owner John (J), an administrator of John's domain
// (d) and of a foreign one (f), of the server (s), the Master (M), and tftpuser (t),
// which is [Caller].Limited and has no right of its own here.
//
//	                                 a  o  e  l  J  d  f  s  M  t
//
//	public file                      dir/page.html
//	  read                           y  y  y  y  y  y  y  y  y  y
//	  write remove rename copy       n  n  n  y  y  y  n  y  y  n
//	  describe set share             n  n  n  y  y  y  n  y  y  n
//	public file that is missing      dir/missing
//	  read                           -  -  -  -  -  -  -  -  -  -
//	  write                          n  n  n  y  y  y  n  y  y  n
//	  remove rename describe set     n  n  n  -  -  -  n  -  -  n
//	public directory                 dir/sub
//	  list                           y  y  y  y  y  y  y  y  y  y
//	  mkdir remove rename copy       n  n  n  y  y  y  n  y  y  n
//	  usage                          n  n  n  n  y  y  n  y  y  n
//
//	private file                     private/box/secret
//	  read                           n  n  n  y  y  y  n  y  y  n
//	  write remove rename copy       n  n  n  y  y  y  n  y  y  n
//	  describe set share             n  n  n  y  y  y  n  y  y  n
//	private file that is missing     private/box/missing
//	  read remove rename             n  n  n  -  -  -  n  -  -  n
//	  write                          n  n  n  y  y  y  n  y  y  n
//	private directory                private/box/sub
//	  list                           n  n  n  y  y  y  n  y  y  n
//	  mkdir remove rename copy       n  n  n  y  y  y  n  y  y  n
//	  usage                          n  n  n  n  y  y  n  y  y  n
//	  share                          n  n  n  y  y  y  n  y  y  n
//	directory with a closed one in it   private/shelf
//	  list describe set              n  n  n  y  y  y  n  y  y  n
//	  share                          n  n  n  n  y  y  n  y  y  n
//	private file without a list      private/other/secret
//	  read write remove rename copy  n  n  n  n  y  y  n  y  y  n
//	  describe set share             n  n  n  n  y  y  n  y  y  n
//	private itself                   private
//	  list mkdir                     n  n  n  y  y  y  n  y  y  n
//	  remove                         n  n  n  n  y  y  n  y  y  n
//	  rename copy                    n  n  n  n  x  x  n  x  x  n
//
//	sidecar                          dir/page.html.meta
//	  read                           -  -  -  -  y  y  -  y  y  -
//	  write remove rename            n  n  n  n  y  y  n  y  y  n
//	  copy                           n  n  n  -  y  y  n  y  y  n
//	sidecar in private               private/box/secret.meta
//	  read write remove rename copy  n  n  n  n  y  y  n  y  y  n
//	sidecar in other letters         dir/x.META
//	  read                           -  -  -  -  -  -  -  -  -  -
//	  write                          n  n  n  n  x  x  n  x  x  n
//	sidecar of a sidecar             dir/page.html.meta.meta
//	  read                           -  -  -  -  -  -  -  -  -  -
//	  write                          n  n  n  n  x  x  n  x  x  n
//	management page                  dir/index.wssp
//	  read                           n  n  n  n  -  -  n  -  -  n
//	  write                          n  n  n  n  x  x  n  x  x  n
//
//	mount of the domain              $DomainSkins/skin/file
//	  read write remove rename copy  n  n  n  n  n  y  n  y  y  n
//	  describe                       n  n  n  n  n  y  n  y  y  n
//	  set share                      n  n  n  n  n  x  n  x  x  n
//	directory with a sidecar in it   $DomainSkins/skin
//	  list mkdir                     n  n  n  n  n  y  n  y  y  n
//	file with a sidecar in a mount   $ServerPBXApp/en/file
//	  read                           n  n  n  n  n  n  n  y  y  n
//	mount that is missing            $ClusterSkins/skin/file
//	  read                           n  n  n  n  n  n  n  -  -  n
//	mount of the server, directory   $ServerPBXApp/en
//	  list mkdir remove rename copy  n  n  n  n  n  n  n  y  y  n
//	mount itself                     $DomainPBXApp
//	  list                           n  n  n  n  n  y  n  y  y  n
//	  remove rename copy             n  n  n  n  n  x  n  x  x  n
//
//	share path, right key            protected/box/pwd/right/secret
//	  read                           y  y  y  y  y  y  y  y  y  y
//	  write remove rename copy       n  n  n  n  n  n  n  n  n  n
//	  describe set share usage       n  n  n  n  n  n  n  n  n  n
//	share path to a directory        protected/box/pwd/right
//	  list                           y  y  y  y  y  y  y  y  y  y
//	  mkdir remove rename copy       n  n  n  n  n  n  n  n  n  n
//	share path, key of another one   protected/pwd/right/other
//	  list                           -  -  -  -  -  -  -  -  -  -
//	share path, right key, missing   protected/box/pwd/right/missing
//	  read                           -  -  -  -  -  -  -  -  -  -
//	share path to a sidecar          protected/box/pwd/right/secret.meta
//	  read                           -  -  -  -  -  -  -  -  -  -
//	share path, wrong key            protected/box/pwd/wrong/secret
//	  read                           -  -  -  -  -  -  -  -  -  -
//	  write remove rename copy       n  n  n  n  n  n  n  n  n  n
//
//	service off, public file         ~off/dir/page.html
//	  read                           -  -  -  -  -  y  -  y  y  -
//	  write remove rename copy       n  n  n  n  n  y  n  y  y  n
//	service off, private file        ~off/private/box/secret
//	  read write remove rename copy  n  n  n  n  n  y  n  y  y  n
//	service off, file with a list    ~off/dir/listed
//	  read                           -  -  -  y  -  y  -  y  y  -
//	service off, share path          ~off/protected/box/pwd/right/secret
//	  read                           -  -  -  -  -  -  -  -  -  -
//	account that is missing          ~nobody/dir/page.html
//	  read                           -  -  -  -  -  -  -  -  -  -
//	  write remove rename copy       n  n  n  n  n  n  n  -  -  n
//	the same, private                ~nobody/private/box/secret
//	  read                           n  n  n  n  n  n  n  -  -  n
//
// A caller that stands for a service ([Caller].Limited) is never an owner,
// reaches no sidecar and no mount, and needs the WebSite service everywhere.
//
// # Names
//
// Names that restrict do so in every letter case: private and the $ mounts as
// first segment, index.wssp as any segment, the suffix .meta, and at the top
// freebusy.wssp and freebusy.vfb. Names that grant (protected, pwd, a key)
// count only exactly as they are written here. What nobody can create, rename
// or copy to:
//
//	in any directory  index.wssp; the suffix .meta in other letters; a directory X.meta;
//	                  the sidecar of a sidecar, X.meta.meta
//	at the top        names that start with ~; the six $ mounts; freebusy.wssp;
//	                  a directory freebusy.vfb; a file private; private in other letters
//
// A copy of a tree leaves out what has come by such a name in another way. At the top a
// name with private.meta in it is the owner's alone, as that sidecar is: clients that
// upload aside make such names. A sidecar that waits for its entry is nobody's but the
// owner's too: others neither copy it with a tree nor put anything in its place.
//
// The root and the private directory itself are neither renamed nor copied. No listing
// shows a mount: it is reached by its name, and is not there until something is stored
// in it ([View.Mounts] tells which are). At the top of a mount no name has a meaning of
// its own. No rename or copy crosses its border, and what it holds does not count.
// Sidecars in it go where their entries go and are copied whole, but grant nothing and
// are not inherited.
//
// Sources: CommuniGate Pro Guide, File Storage (5.2), for names, sidecars,
// sharing and the rights of owners and administrators; where it is silent the
// choice is ours, and made for safety.
package filestore
