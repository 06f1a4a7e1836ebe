package table_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cgpkit/cgpkit/cgpdata/table"
)

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "users.tbd")
	if err := os.WriteFile(path, []byte("mail\tcn\nuser1@client1.com\tFirst User\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}

	users, err := table.Open(path, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer users.Close()
	for user, err := range users.All(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		name, _ := user.Get("cn")
		fmt.Println(name.Text())
	}
	// Output:
	// First User
}
