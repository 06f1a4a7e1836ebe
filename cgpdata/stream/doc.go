// Package stream reads and writes texts of the format of package cgpdata token by token or
// value by value, whatever their length, and holds only the present one in memory.
//
//	d := stream.NewDecoder(r, nil)
//	for {
//		token, err := d.ReadToken()
//		if err == io.EOF {
//			break
//		}
//		...
//	}
//
// The strings of tokens are pieces of the memory that was read into, 32 KiB or more, which lives
// as long as one of them: clone what is to outlive the rest. Package unsafe makes them so, in
// texts_unsafe.go alone; with the build tag purego they are copies.
package stream
