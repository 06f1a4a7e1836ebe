// Package mirror makes one store hold what another one holds: to move the storages of accounts
// from one kind of store to another.
//
//	result, err := mirror.Run(ctx, old, new, nil)
//
// It works below the rights: what it moves is all of a storage, sidecars and those that wait
// for their file included. What is the same already, by size and time, is not copied again, so
// a run that was cut goes on where it was, and a second run takes what has changed since the
// first. Whatever it copies it reads again, and compares the SHA-256 of both; a file that fails
// this gets another time, and is copied again by the next run. Locks end, and
// directories have the time of their making in the new store. Of notes those move
// that are asked for.
//
// The old storage may be in use meanwhile: [Dir] reads one in a directory without touching it.
// A file that changes while it is copied is told as failed, and is for the next run.
package mirror
