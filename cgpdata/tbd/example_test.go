package tbd_test

import (
	"fmt"
	"os"
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
