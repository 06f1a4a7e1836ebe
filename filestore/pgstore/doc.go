// Package pgstore keeps the storages of all accounts in PostgreSQL, and large files in an
// object store that speaks S3, for any number of servers at the same time.
//
//	config := pgstore.Config{Database: "postgres://cgpkit@db/cgpkit", S3: &pgstore.S3{Endpoint: "s3:9000", Bucket: "files"}}
//	if err := pgstore.Migrate(ctx, config.Database); err != nil { // once, and after an update
//		return err
//	}
//	stores, err := pgstore.Open(ctx, config)
//	if err != nil {
//		return err
//	}
//	defer stores.Close()
//	views := filestore.NewViews(directory, stores, nil)
//
// The tables, and what each column is for, stand in schema.sql. Sidecars, counters, locks and
// the content of small files are rows of them. A larger content is written before the
// transaction that makes it visible, and never changed after that: to S3 under a random key, or
// without S3 into a table, in pieces of 256 KiB.
//
// # One call, one transaction
//
// A change locks the row of its account, looks at what is there, and commits: so limits and
// locks are exact whichever servers write, and what one has answered the others see. Changes of one
// account come one after the other; those of different accounts have nothing to do with each
// other: however many wait for one, they take one connection. A rename changes one row, whatever is below it. A copy shares the contents of large
// files. Serialization failures, deadlocks and lost connections are tried again, until the
// context ends or [Config].Timeout has passed. A commit whose answer was lost is found out, and
// never made twice. What cannot be reached gives [filestore.ErrUnavailable].
//
// # What is removed
//
// An upload holds its room by a row that its server renews; when a server dies, that
// ends within a minute. Contents that nothing refers to, because an upload ended or a file
// was removed, go once [Config].Grace has passed since they were last needed: every Stores
// looks for them, any number of them at the same time, and none takes what an upload or an open
// File of another still needs.
//
// Times have the resolution of a microsecond. A directory keeps the time of its making.
package pgstore
