// Package hostfile is about files of the host where systems differ.
package hostfile
