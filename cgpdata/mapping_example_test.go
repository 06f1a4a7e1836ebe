package cgpdata_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// account shows what settings are made of. What it has no field for goes into Other,
// so that nothing is lost when the settings are written again.
type account struct {
	RealName     string
	ExternalINET bool
	MaxWebSize   cgpdata.Size
	MaxWebFiles  cgpdata.Count    `cgp:",omitempty"`
	Keep         cgpdata.Duration `cgp:"MailArchiveAfter,omitempty"`
	LogLevel     int              `cgp:",string"`
	AccessModes  []string
	Created      time.Time                `cgp:",omitempty"`
	Other        map[string]cgpdata.Value `cgp:",inline"`
}

func ExampleUnmarshal() {
	var a account
	err := cgpdata.Unmarshal([]byte(`
{
 AccessModes = (Mail,IMAP,WebSite);
 Created = #T22-10-2005_15:24:45;
 ExternalINET = YES;
 LogLevel = 3;
 MailArchiveAfter = 7d;
 MaxWebFiles = unlimited;
 MaxWebSize = 100M;
 RealName = "Fred Fish";
 UseAppPassword = default;
}`), &a)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(a.RealName, a.ExternalINET, int64(a.MaxWebSize), a.MaxWebFiles, time.Duration(a.Keep), a.Other)

	a.MaxWebSize *= 2
	text, err := cgpdata.MarshalAppend(nil, a, &cgpdata.Format{Layout: cgpdata.Settings, SortKeys: true})
	fmt.Printf("%s%v\n", text, err)
	// Output:
	// Fred Fish true 104857600 unlimited 168h0m0s map[UseAppPassword:default]
	// {
	//  AccessModes = (Mail,IMAP,WebSite);
	//  Created = #T22-10-2005_15:24:45;
	//  ExternalINET = YES;
	//  LogLevel = 3;
	//  MailArchiveAfter = 7d;
	//  MaxWebFiles = unlimited;
	//  MaxWebSize = 200M;
	//  RealName = "Fred Fish";
	//  UseAppPassword = default;
	// }
	// <nil>
}

func ExampleMarshal() {
	type listener struct {
		Address netip.AddrPort
		TLS     bool `cgp:"InitialSecurity"`
		Limit   *int `cgp:",omitempty"`
	}
	text, err := cgpdata.Marshal(map[string][]listener{
		"Ports": {{Address: netip.MustParseAddrPort("10.0.44.55:25")}, {netip.MustParseAddrPort("[::1]:465"), true, new(int)}},
	})
	fmt.Println(string(text), err)
	// Output: {Ports=({Address=#I[10.0.44.55]:25;InitialSecurity=NO;},{Address=#I[::1]:465;InitialSecurity=YES;Limit=#0;});} <nil>
}

func ExampleUnmarshalWith() {
	text := []byte("{\n RealName = Fred;\n MaxWebsize = 1G;\n}")
	var a struct {
		RealName   string
		MaxWebSize cgpdata.Size
	}
	err := cgpdata.UnmarshalWith(text, &a, &cgpdata.UnmarshalOptions{KnownKeys: true})
	fmt.Println(err)
	// Output: cgpdata: line 3, column 2: unknown key at MaxWebsize
}

func ExampleUnmarshalError() {
	var settings struct {
		Listener struct{ Ports []struct{ PortNumber uint16 } }
	}
	err := cgpdata.Unmarshal([]byte("{\n Listener = {Ports=({PortNumber=81000;});};\n}"), &settings)
	fmt.Println(err)
	if misfit, ok := errors.AsType[*cgpdata.UnmarshalError](err); ok {
		fmt.Println(misfit.Line, misfit.Column, misfit.Path, misfit.Type)
	}
	// Output:
	// cgpdata: line 2, column 33: String does not fit into uint16: number too big at Listener.Ports[0].PortNumber
	// 2 33 Listener.Ports[0].PortNumber uint16
}

// services is a set of names that may also be written as the word All.
type services []string

func (s *services) UnmarshalCGP(v cgpdata.Value) error {
	if v.Text() == "All" {
		*s = services{"Mail", "POP", "IMAP"}
		return nil
	}
	return cgpdata.UnmarshalValue(v, (*[]string)(s))
}

func ExampleUnmarshaler() {
	var accounts map[string]struct{ AccessModes services }
	err := cgpdata.Unmarshal([]byte(`{fred={AccessModes=All;};mary={AccessModes=(Mail,FTP);};}`), &accounts)
	fmt.Println(strings.Join(accounts["fred"].AccessModes, " "), err)
	fmt.Println(strings.Join(accounts["mary"].AccessModes, " "))
	// Output:
	// Mail POP IMAP <nil>
	// Mail FTP
}
