package tbd_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/tbd"
)

func ExampleReader() {
	table, err := tbd.NewReader(strings.NewReader("mail\tcn\tLimit\n"+
		"user1@client1.com\tFirst User\t1000\n"+
		"user2@client1.com\tSecond User\n"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for record, err := range table.Records() {
		if err != nil {
			fmt.Println(err)
			continue
		}
		limit, _ := record.Get("Limit")
		fmt.Printf("%s has limit %q\n", record.At(0).Text(), limit.Text())
	}
	// Output:
	// user1@client1.com has limit "1000"
	// user2@client1.com has limit ""
}

func ExampleAppendRecord() {
	text, err := tbd.AppendHeader(nil, []string{"mail", "Groups"})
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err = tbd.AppendRecord(text, []cgpdata.Value{
		cgpdata.String("user1@client1.com"),
		cgpdata.Array(cgpdata.String("staff"), cgpdata.String("all users")),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	os.Stdout.WriteString(strings.ReplaceAll(string(text), "\t", "|"))
	// Output:
	// mail|Groups
	// user1@client1.com|(staff,"all users")
}

func ExampleTable() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "users.tbd")
	if err := os.WriteFile(path, []byte("mail\tcn\tLimit\nuser1@client1.com\tFirst User\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}

	table, err := tbd.Open(path, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer table.Close()
	err = table.Put(context.Background(), cgpdata.Dictionary(
		cgpdata.Pair{Key: "mail", Value: cgpdata.String("user1@client1.com")},
		cgpdata.Pair{Key: "Limit", Value: cgpdata.String("1000")},
	))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(table.Get(context.Background(), "user1@client1.com"))
	// Output:
	// {mail=user1@client1.com;cn="First User";Limit=1000;} <nil>
}
