package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// demo is a small base directory with something of everything to try.
type demo struct {
	dir      string
	accounts []demoAccount
}

type demoAccount struct {
	address, password, about string
}

// newDemo makes a demo base in a new temporary directory, which is there until
// remove is called.
func newDemo() (*demo, error) {
	dir, err := os.MkdirTemp("", "cgpkit-demo-")
	if err != nil {
		return nil, err
	}
	d := &demo{dir: dir}
	for _, a := range []demoAccount{
		{address: "postmaster@client1.com", about: "administrator of the server"},
		{address: "john@client1.com", about: "a site with pages, pictures and private files; also called johnny"},
		{address: "mary@client1.com", about: "an empty storage of at most 20 files and 100K"},
		{address: "ann@client2.com", about: "a site in the second domain"},
	} {
		a.password = strings.ToLower(rand.Text()[:16])
		d.accounts = append(d.accounts, a)
	}
	if err := d.write(); err != nil {
		return nil, errors.Join(err, d.remove())
	}
	return d, nil
}

// remove removes the demo base and all that was stored in it.
func (d *demo) remove() error { return os.RemoveAll(d.dir) }

// dictionary makes a settings value out of keys and strings in turn.
func dictionary(keysAndValues ...string) cgpdata.Value {
	var pairs []cgpdata.Pair
	for i := 0; i+1 < len(keysAndValues); i += 2 {
		pairs = append(pairs, cgpdata.Pair{Key: keysAndValues[i], Value: cgpdata.String(keysAndValues[i+1])})
	}
	return cgpdata.Dictionary(pairs...)
}

// write fills the base directory.
func (d *demo) write() error {
	settings := map[string]cgpdata.Value{
		"Settings/Main.settings":  dictionary("DomainName", "client1.com"),
		"Settings/HTTPU.settings": dictionary("AdvertiseBasicAUTH", "YES"),
		"Settings/DomainDefault.settings": cgpdata.Dictionary(cgpdata.Pair{Key: "AccountDefaults", Value: dictionary(
			"MaxWebSize", "10M", "MaxWebFiles", "1000", "DefaultWebPage", "default.html")}),
		"Accounts/Settings/Access.settings":            cgpdata.Dictionary(cgpdata.Pair{Key: "postmaster", Value: cgpdata.Array(cgpdata.String("Master"))}),
		"Accounts/Settings/Aliases.data":               dictionary("johnny", "john"),
		"Domains/client2.com/Settings/Domain.settings": dictionary("WebSitePrefix", "~"),
	}
	for _, a := range d.accounts {
		account := dictionary("Password", a.password, "PasswordEncryption", "clear")
		if strings.HasPrefix(a.address, "mary@") {
			account = dictionary("Password", a.password, "PasswordEncryption", "clear", "MaxWebSize", "100K", "MaxWebFiles", "20")
		}
		settings[accountDir(a.address)+"/account.settings"] = account
	}
	for name, value := range settings {
		text, err := cgpdata.Append(nil, value, &cgpdata.Format{Layout: cgpdata.Settings})
		if err != nil {
			return err
		}
		if err := d.file(name, text); err != nil {
			return err
		}
	}
	picture, err := drawPicture()
	if err != nil {
		return err
	}
	john, ann := accountDir("john@client1.com")+"/account.web/", accountDir("ann@client2.com")+"/account.web/"
	for name, content := range map[string]string{
		john + "default.html":          page("John", `<p>Welcome. <a href="pictures/">Pictures</a>, <a href="notes.txt">notes</a>, <a href="freebusy.wssp">when John is busy</a>, and <a href="index.wssp">management</a> for John.</p>`),
		john + "notes.txt":             "Anybody may read this.\n",
		john + "pictures/default.html": page("Pictures", `<p><img src="rings.png" alt="rings" width="240" height="240"></p><p><a href="../">Back</a></p>`),
		john + "pictures/rings.png":    string(picture),
		john + "private/diary.txt":     "Only John and administrators read this.\n",
		ann + "default.html":           page("Ann", "<p>A site in the second domain.</p>"),
		ann + "private/plans.txt":      "Only Ann and administrators read this.\n",

		accountDir("john@client1.com") + "/Calendar.mbox": calendar(time.Now()),
	} {
		if err := d.file(name, []byte(content)); err != nil {
			return err
		}
	}
	return nil
}

// accountDir is the directory of an account in the base.
func accountDir(address string) string {
	name, domain, _ := strings.Cut(address, "@")
	if domain == "client1.com" {
		return "Accounts/" + name + ".macnt"
	}
	return "Domains/" + domain + "/" + name + ".macnt"
}

func (d *demo) file(name string, content []byte) error {
	path := filepath.Join(d.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

func page(title, body string) string {
	return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + title +
		"</title></head>\n<body><h1>" + title + "</h1>\n" + body + "\n</body></html>\n"
}

// calendar is John's calendar, a mailbox with a message for each item: a week of
// work that began some time ago and does not end.
func calendar(now time.Time) string {
	start := now.UTC().AddDate(0, 0, -14)
	var b strings.Builder
	for i, item := range []struct{ days, from, duration, more string }{
		{"MO,WE", "090000", "PT1H30M", "SUMMARY:Team"},
		{"MO,WE", "140000", "PT1H", "SUMMARY:Perhaps tea\r\nSTATUS:TENTATIVE"},
		{"TU,TH", "100000", "PT2H", "SUMMARY:Customers"},
		{"FR", "150000", "PT9H", "SUMMARY:Away\r\nX-MICROSOFT-CDO-BUSYSTATUS:OOF"},
	} {
		fmt.Fprintf(&b, "From <> %s\nMIME-Version: 1.0\nContent-Type: text/calendar; charset=utf-8\n\n", start.Format(time.ANSIC))
		fmt.Fprintf(&b, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//cgpkit//demo//EN\r\nMETHOD:PUBLISH\r\nBEGIN:VEVENT\r\nUID:demo-%d\r\n", i)
		fmt.Fprintf(&b, "DTSTAMP:%[1]s\r\nDTSTART:%[2]sT%[3]sZ\r\nDURATION:%[4]s\r\nRRULE:FREQ=WEEKLY;BYDAY=%[5]s\r\n%[6]s\r\n",
			start.Format("20060102T150405Z"), start.Format("20060102"), item.from, item.duration, item.days, item.more)
		b.WriteString("END:VEVENT\r\nEND:VCALENDAR\r\n\n")
	}
	return b.String()
}

// drawPicture draws coloured rings.
func drawPicture() ([]byte, error) {
	const size = 240
	m := image.NewRGBA(image.Rect(0, 0, size, size))
	for y := range size {
		for x := range size {
			r := math.Hypot(float64(x-size/2), float64(y-size/2))
			wave := uint8(127 + 120*math.Sin(r/7))
			m.Set(x, y, color.RGBA{R: wave, G: uint8(x), B: uint8(255 - y), A: 255})
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, m)
	return b.Bytes(), err
}

// describe tells where the demo is, who may log in, and what to try.
func (d *demo) describe(w io.Writer, ss services) {
	fmt.Fprintf(w, "demo base in %s\n\n", d.dir)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, a := range d.accounts {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", a.address, a.password, a.about)
	}
	table.Flush()
	fmt.Fprintln(w)
	john := d.accounts[1]
	for _, s := range ss {
		if s.bound == nil {
			continue
		}
		switch s.name {
		case "http", "https":
			fmt.Fprintf(w, "  %s://%v/~john/  and  %[1]s://%[2]v/~john/index.wssp  and  %[1]s://%[2]v/~john/freebusy.wssp\n", s.name, s.bound)
		case "ftp":
			fmt.Fprintf(w, "  lftp -u %s,%s ftp://%v\n", john.address, john.password, s.bound)
		case "tftp":
			fmt.Fprintf(w, "  curl tftp://%v/notes.txt\n", s.bound)
		}
	}
	fmt.Fprintln(w)
}
