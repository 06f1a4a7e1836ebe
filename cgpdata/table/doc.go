// Package table opens the tables of CommuniGate Pro by their file names: text
// tables (.tbd) and, for programs that ask for them, tables kept in an LDAP server
// (.ldb) are used in one way.
//
//	users, err := table.Open("/var/CommuniGate/users.tbd", nil)
//	if err != nil {
//		return err
//	}
//	defer users.Close()
//	user, err := users.Get(ctx, "user1@client1.com")
//	if errors.Is(err, fs.ErrNotExist) {
//		return nil // there is no such record
//	} else if err != nil {
//		return err
//	}
//	name, _ := user.Get("cn")
//	fmt.Println(name.Text())
//
// Tables in LDAP take the package ldb:
//
//	users, err := table.Open(path, &table.Options{Openers: map[string]table.Opener{
//		".ldb": func(path string) (table.Table, error) { return ldb.OpenFile(path, nil) },
//	}})
//
// A record is a dictionary with the names of the fields; the first field is its
// key. Many goroutines may read and change a table at once: no change is lost,
// and nobody sees half a record.
//
// Source: CommuniGate Pro Guide, Account Data, "Database Formats". The
// types beside these two are not described there, and not known here. What the
// methods promise beyond "several threads at once" is our choice.
package table
