// Command cgpsync mirrors file storages between any two of a directory, an account of
// a base directory with its storage there or in PostgreSQL, and an account of a
// CommuniGate Pro server or one of this project, reached by the CLI. README.md tells how to leave or join a server with it.
//
//	cgpsync [flags] FROM TO
package main
