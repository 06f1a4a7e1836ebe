package edit_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/edit"
)

func ExampleDocument() {
	d, err := edit.ParseDocument([]byte(`{
 // raised for the new customers
 AccountDefaults = {MaxWebSize=100M; Rules=();};
 Listener = {Ports=({PortNumber=8100;},{PortNumber=9100;});}; // TLS to come
 LogLevel = 3;
}
`), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	quota, err := cgpdata.ParsePath("AccountDefaults.MaxWebSize")
	if err != nil {
		fmt.Println(err)
		return
	}
	ports := cgpdata.Path{cgpdata.Key("Listener"), cgpdata.Key("Ports")}
	port := cgpdata.Dictionary(cgpdata.Pair{Key: "PortNumber", Value: cgpdata.String("8010")})
	err = errors.Join(
		d.Set(quota, cgpdata.String("2G")),
		d.Append(ports, port),
		d.Delete(append(ports, cgpdata.Index(0))),
		d.Set(cgpdata.Path{cgpdata.Key("CGIDirectory")}, cgpdata.String("cgi")),
		d.Rename(cgpdata.Path{cgpdata.Key("LogLevel")}, "Log Level"),
	)
	fmt.Printf("%s%v\n", d.Bytes(), err)
	// Output:
	// {
	//  // raised for the new customers
	//  AccountDefaults = {MaxWebSize=2G; Rules=();};
	//  CGIDirectory = cgi;
	//  Listener = {Ports=({PortNumber=9100;},{PortNumber=8010;});}; // TLS to come
	//  "Log Level" = 3;
	// }
	// <nil>
}

func ExampleParsePath() {
	path, err := cgpdata.ParsePath(`Sites."mail.example.com".Ports[1]`)
	fmt.Println(path, len(path), err)
	_, err = cgpdata.ParsePath("Ports[x]")
	fmt.Println(err)
	// Output:
	// Sites."mail.example.com".Ports[1] 4 <nil>
	// cgpdata: line 1, column 7: want a digit or ']', not "x"
}

func ExampleUpdateFile() {
	dir, err := os.MkdirTemp("", "cgpdata")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "account.settings")
	if err := os.WriteFile(name, []byte("{\n MaxWebSize = 1G; // as agreed\n}\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	err = edit.UpdateFile(name, nil, func(d *edit.Document) error {
		return d.Set(cgpdata.Path{cgpdata.Key("MaxWebSize")}, cgpdata.String("2G"))
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := os.ReadFile(name)
	fmt.Printf("%s%v\n", text, err)
	// Output:
	// {
	//  MaxWebSize = 2G; // as agreed
	// }
	// <nil>
}
