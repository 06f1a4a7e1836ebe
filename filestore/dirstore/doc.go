// Package dirstore keeps an account's files in a local directory: the
// account.web directory of a CommuniGate Pro account, as it is.
//
//	store, err := dirstore.Open("/var/CommuniGate/Accounts/john.macnt/account.web", nil)
//	if err != nil {
//		return err
//	}
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
// else. The store's own files are beside it, in a directory of the same name
// with ".state" behind it (account.web.state, mode 0700): uploads on their
// way, the intent of a change that has several steps, and what was removed
// until it is deleted. Both must be on one file system, so the directory
// itself cannot be a mount point; it may be a symbolic link, and then the
// state directory is beside the target. Files are made with mode 0640 and
// directories with 0750, less the umask of the process.
//
// # Safety
//
// An upload is written to the state directory and renamed into place. A
// change of several names (a file and its sidecar, a replaced directory, a
// copied tree) is written down before it is done, and [Open] finishes what a
// crash interrupted. When a call has returned without an error, its change
// survives the loss of power, unless Options.NoSync is set; a process that is
// killed loses nothing in either case. The file system must keep the order of
// renames within the directories that were synced, as ext4, XFS, Btrfs and
// ZFS do.
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
// the state directory, and because the usage is counted once and then kept in
// memory; what other programs change in the tree is seen, but not counted. A
// Store holds no descriptors between calls. Changes of one account run one
// after the other; reading never waits for them, but for the moment of the
// renames.
//
// Sources: CommuniGate Pro Guide, File Storage, for the place and the
// sidecars; everything else is our choice.
package dirstore
