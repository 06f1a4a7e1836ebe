package stream_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/cgpkit/cgpkit/cgpdata"
	"github.com/cgpkit/cgpkit/cgpdata/stream"
)

// tree returns the same settings of a thousand accounts as our text and as JSON.
func tree() (text, asJSON []byte) {
	var c, j strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&c, `account%04d={AccessModes=(Mail,POP,IMAP,WebMail,WebSite);Created=#T22-10-2005_15:24:45;ExternalINET=YES;MaxAccountSize=100M;Password="\002x%dGh/+";RealName="Account Number %d";Rules=({Conditions=((Sender,is,"*@example.com"),("Message Size","greater than","100K"));Name="Rule One";Priority=#5;});UsedSpace=#%d;};`, i, i, i, i*1000)
		if i > 0 {
			j.WriteByte(',')
		}
		fmt.Fprintf(&j, `"account%04d":{"AccessModes":["Mail","POP","IMAP","WebMail","WebSite"],"Created":"2005-10-22T15:24:45Z","ExternalINET":"YES","MaxAccountSize":"100M","Password":"\u0002x%dGh/+","RealName":"Account Number %d","Rules":[{"Conditions":[["Sender","is","*@example.com"],["Message Size","greater than","100K"]],"Name":"Rule One","Priority":5}],"UsedSpace":%d}`, i, i, i, i*1000)
	}
	return []byte("{" + c.String() + "}"), []byte("{" + j.String() + "}")
}

func BenchmarkDecoder(b *testing.B) {
	text, asJSON := tree()
	run := func(name string, size int, read func() error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if err := read(); err != io.EOF {
					b.Fatal(err)
				}
			}
		})
	}
	run("tokens/cgpdata", len(text), func() error {
		for d := stream.NewDecoder(bytes.NewReader(text), nil); ; {
			if _, err := d.ReadToken(); err != nil {
				return err
			}
		}
	})
	run("tokens/json", len(asJSON), func() error {
		for d := json.NewDecoder(bytes.NewReader(asJSON)); ; {
			if _, err := d.Token(); err != nil {
				return err
			}
		}
	})
	run("skip/cgpdata", len(text), func() error {
		for d := stream.NewDecoder(bytes.NewReader(text), nil); ; {
			if err := d.SkipValue(); err != nil {
				return err
			}
		}
	})
	run("value/cgpdata", len(text), func() error {
		for d := stream.NewDecoder(bytes.NewReader(text), nil); ; {
			if _, err := d.ReadValue(); err != nil {
				return err
			}
		}
	})
	run("value/json", len(asJSON), func() error {
		for d := json.NewDecoder(bytes.NewReader(asJSON)); ; {
			var v any
			if err := d.Decode(&v); err != nil {
				return err
			}
		}
	})
	v, err := cgpdata.Parse(text, nil)
	if err != nil {
		b.Fatal(err)
	}
	var lines, jsonLines []byte
	for account := range v.Elements() {
		if lines, err = cgpdata.Append(lines, account, nil); err != nil {
			b.Fatal(err)
		}
		lines = append(lines, '\n')
	}
	var accounts map[string]json.RawMessage
	if err := json.Unmarshal(asJSON, &accounts); err != nil {
		b.Fatal(err)
	}
	for _, account := range accounts {
		jsonLines = append(append(jsonLines, account...), '\n')
	}
	run("lines/cgpdata", len(lines), func() error {
		for d := stream.NewDecoder(bytes.NewReader(lines), &cgpdata.Options{SingleLine: true}); ; {
			if _, err := d.ReadValue(); err != nil {
				return err
			}
		}
	})
	run("lines/json", len(jsonLines), func() error {
		for d := json.NewDecoder(bytes.NewReader(jsonLines)); ; {
			var v any
			if err := d.Decode(&v); err != nil {
				return err
			}
		}
	})
}
