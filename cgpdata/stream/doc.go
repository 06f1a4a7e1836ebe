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
package stream
