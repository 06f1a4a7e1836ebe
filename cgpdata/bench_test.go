package cgpdata_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/cgpkit/cgpkit/cgpdata"
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

func BenchmarkParse(b *testing.B) {
	text, asJSON := tree()
	b.Run("cgpdata", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := cgpdata.Parse(text, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("json", func(b *testing.B) {
		b.SetBytes(int64(len(asJSON)))
		b.ReportAllocs()
		for b.Loop() {
			var v any
			if err := json.Unmarshal(asJSON, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkParseUnordered is BenchmarkParse with keys in no order.
func BenchmarkParseUnordered(b *testing.B) {
	text, _ := tree()
	text = bytes.ReplaceAll(text, []byte("ExternalINET"), []byte("ZExternalINET"))
	text = bytes.ReplaceAll(text, []byte("Conditions"), []byte("ZConditions"))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cgpdata.Parse(text, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValid(b *testing.B) {
	text, asJSON := tree()
	b.Run("cgpdata", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if err := cgpdata.Valid(text, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("json", func(b *testing.B) {
		b.SetBytes(int64(len(asJSON)))
		b.ReportAllocs()
		for b.Loop() {
			if !json.Valid(asJSON) {
				b.Fatal("not valid")
			}
		}
	})
}

func BenchmarkValidShort(b *testing.B) {
	text := []byte(`{Listener={MaxInputChannels=50;Ports=({PortNumber=8100;},{InitialSecurity=on;PortNumber=9100;});};}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := cgpdata.Valid(text, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	text, asJSON := tree()
	b.Run("cgpdata", func(b *testing.B) {
		v, err := cgpdata.Parse(text, nil)
		if err != nil {
			b.Fatal(err)
		}
		var buf []byte
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if buf, err = cgpdata.Append(buf[:0], v, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("json", func(b *testing.B) {
		var v any
		if err := json.Unmarshal(asJSON, &v); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(asJSON)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(v); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkGet(b *testing.B) {
	text, _ := tree()
	v, err := cgpdata.Parse(text, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := v.Get("account0500"); !ok {
			b.Fatal("not found")
		}
	}
}
