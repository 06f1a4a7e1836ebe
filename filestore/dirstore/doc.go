// Package dirstore keeps an account's files in a local directory: the
// account.web directory of a CommuniGate Pro account, as it is.
//
//	store, err := dirstore.Open("/var/CommuniGate/Accounts/john.macnt/account.web", nil)
//	if err != nil {
//		return err
//	}
//	defer store.Close()
//	upload, err := store.Create(ctx, "hello.txt", filestore.CreateOptions{}, limits)
//	if err != nil {
//		return err
//	}
//	defer upload.Abort()
//	io.WriteString(upload, "Hello")
//	info, err := upload.Commit()
//
// # On disk
//
// The tree holds what users stored, under the names they gave, and nothing
// else. The sidecar of X is the file X.meta beside it, whether or not X is there.
//
// The store's own files are in a directory beside the tree. It has the same name
// with ".state" behind it (account.web.state, mode 0700). It holds uploads on their
// way, the intent of a change that has several steps, what was removed until
// it is deleted, the usage, and notes such as the subscription of the account to
// directories of others (note.subscription). For some seconds it holds what a long file
// was before something was appended to it (see Appending). Both must be on one file
// system, so the directory itself cannot be a mount point. It may be a symbolic link:
// then the state directory is beside the target. Files are made with mode 0640 and
// directories with 0750, less the umask of the process.
//
// Other programs may have made directories X.meta: these are entries. A file
// X.meta.meta of theirs is a sidecar that waits for X.meta, which nobody can make.
//
// # Usage
//
// The count of what is stored outlives the process in the file usage of the
// state directory, one line such as
//
//	{Bytes=123;Files=45;}
//
// That the file is there means that the store has nothing to add. The first change takes it
// away before anything else; five seconds without a change, and
// [Store.Close], write it again, aside and renamed into place. Opening an
// account and changing it so costs the same, however many files it has.
// Without the file the tree is counted once, before the first change or the
// first Usage of the whole; reading does not wait for that.
//
// Other programs may change the tree. What they do is seen at once, and what is
// wrong in the count then mends itself:
//
//   - Nobody is refused for lack of room, in files or in bytes, before the tree
//     was counted anew. A flood of refusals counts four times, then once in 15
//     seconds, and for a twentieth of the time at most.
//   - When a call comes across a file or a directory that was changed after the
//     usage was written and before this store changed anything itself, or the
//     count falls below zero, the next change or Usage counts anew. Times are
//     those of the inode (ctime), and of directories alone where the system
//     does not tell them (outside Linux).
//   - What nobody has noticed is found by a count in the background, which no
//     change waits for: five seconds after somebody has changed something or
//     asked for the Usage of the whole, if that is the first time since Open, or
//     the last count was ten minutes ago. It takes a hundredth of the time at
//     most, and has no effect if something was changed while it went on.
//   - [Store.Rescan] counts at any time.
//
// # Safety
//
// An upload or a sidecar is written to the state directory and renamed into place. A
// change of several names (a file and its sidecar, a replaced directory, a
// copied tree) first writes an intent: one small file that tells all renames,
// with a last line that shows it whole. [Open] does the rest of an intent that
// a crash has interrupted, drops one without its end, and then removes
// everything but the usage. A removed directory is renamed into the state
// directory, and deleted there afterwards. So a process that is killed at any
// moment leaves every change done or not done, and no file of its own.
//
// Removing works on a full disk too, so it writes no intent. What has a sidecar
// is renamed to an entry of the state directory whose name holds a hash of the
// sidecar's, and then the sidecar is removed; Open looks for it where the entry
// is still there. Readers wait meanwhile. Only where there is no state directory
// and no room to make one, a crash may leave the sidecar of a removed file.
//
// # Appending
//
// Nothing is written to a file that can be seen: an upload that keeps old bytes copies
// them, on Linux by copy_file_range(2). A file of 4 MiB or more that comes in pieces is
// not copied for each of them there. What it was before the last piece waits in the state
// directory for five seconds: the next piece is added to that, behind the one it lacks,
// and both change their places in one step (RENAME_EXCHANGE). What anybody has open
// (F_SETLEASE), what has another name as well, and what somebody has changed is deleted
// instead.
//
// # Errors
//
// What the system refuses is told as [filestore.ErrDiskFull],
// [filestore.ErrHostDenied] or [filestore.ErrExhausted]. A process that may not
// change the directory serves it, if it may read the state directory as well.
//
// # Loss of power
//
// With [SyncBefore], the default, a change whose call has returned without an
// error survives the loss of power, and one that had not returned is done or
// not done. That takes these calls of fsync:
//
//   - an upload or a sidecar: its file before the rename, the directory it is in
//     after it;
//   - a directory: the directory it is made in;
//   - a removed or renamed file, or a removed sidecar: the directories it was and
//     is in, and of a file with a sidecar before and after that is removed;
//   - a change of several names: the intent and the state directory before the
//     renames, all directories that have changed after them, and the state
//     directory again when the intent is removed; a copy syncs each file and
//     directory of the new tree before that;
//   - the first change after a time of quiet: the state directory, when the usage is
//     taken away; the usage itself and the state directory when it is written.
//
// The file system must keep what fsync promises, also for the entries of a
// directory, as ext4, XFS, Btrfs and ZFS do. With [SyncLater] there are none
// of these calls.
//
// # Links and special files
//
// Symbolic links inside the tree are never followed, and special files never
// opened for use: both are as if they were not there, and their names are
// taken (fs.ErrExist). So are names that [filestore.CheckName] refuses. On
// Linux 5.6 and later the kernel itself sees to that (openat2). Elsewhere the
// store goes down step by step, which costs more the deeper a file is; there a
// link that somebody with access to the host puts in the way of a rename at
// the very moment can lead it to another directory of the same account.
//
// # Limits
//
// One directory has one Store in one process at a time, because Open clears
// the state directory, and because the usage and the locks are kept in memory. Locks
// end with the Store. A Store holds no descriptors between calls. Changes of one account
// run one after the other, and locks are made between them. Reading never waits for
// them, but for the moment of the renames.
//
// A listing reads the names of its directory first, and keeps those that are to come:
// 5 bytes and the name for each, so 25 MB for a million names of 20 bytes. It looks at an
// entry when that is to be shown, and at sidecars where there are any.
//
// Sources: CommuniGate Pro Guide, File Storage, for the place and the
// sidecars; everything else is our choice.
package dirstore
