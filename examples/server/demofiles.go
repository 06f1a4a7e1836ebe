package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/cgpkit/cgpkit/meta"
)

// files returns what accounts have in the demo base, by path.
func (d *demo) files(now time.Time) (map[string][]byte, error) {
	john, paul := accountDir("john@client1.com"), accountDir("paul@client1.com")
	ann := accountDir("ann@client2.com")
	files := map[string][]byte{
		john + "/Calendar.mbox": calendar(now, johnsWeek),
		ann + "/Calendar.mbox":  calendar(now, annsWeek),
	}
	for name, text := range map[string]string{
		"default.html":          page("John", `<p>Welcome. <a href="pictures/">Pictures</a>, <a href="notes.txt">notes</a>, <a href="freebusy.wssp">when John is busy</a>, and <a href="index.wssp">management</a> for John.</p>`),
		"notes.txt":             "Anybody may read this.\n",
		"pictures/default.html": page("Pictures", `<p><img src="rings.png" alt="rings" width="240" height="240"> <img src="coast.jpg" alt="a coast" width="360" height="240"></p><p><a href="../">Back</a></p>`),
		"documents/minutes.md":  "# Minutes\n\n- The offer goes out on Friday.\n- Mary asks for the numbers of the last quarter.\n",
		"documents/budget.csv":  "item,planned,spent\ntravel,1200,940\nhardware,3500,3610\ntraining,800,0\n",
		"documents/offer.pdf":   pdf("Offer", "Ten days of work, from the first Monday of the month.", "Yours sincerely, John"),
		"documents/chime.wav":   string(chime()),

		"private/diary.txt":           "Only John and administrators read this.\n",
		"private/team/plan.txt":       "What Mary and Ann may read, and Mary write.\n",
		"private/holidays/readme.txt": "Pictures for those who have the link.\n",
	} {
		files[john+"/account.web/"+name] = []byte(text)
	}
	files[ann+"/account.web/default.html"] = []byte(page("Ann", "<p>A site in the second domain.</p>"))
	files[ann+"/account.web/private/plans.txt"] = []byte("Only Ann and administrators read this.\n")
	for i := range 6 { // 240 of 256K
		files[fmt.Sprintf("%s/account.web/backup/2009-%02d.tar", paul, i+1)] = make([]byte, 40<<10)
	}
	if err := d.sidecars(files, john+"/account.web/"); err != nil {
		return nil, err
	}
	for name, log := range callLogs(now) {
		files[john+"/account.web/private/logs/"+name] = log
	}
	return files, addPictures(files, john+"/account.web/")
}

// sidecars adds the metadata of John's files: descriptions, a key with those who got
// it, and a list of who may do what.
func (d *demo) sidecars(files map[string][]byte, dir string) error {
	holidays := meta.AddKey(meta.Share{Key: d.key, Recipients: []meta.Recipient{
		{Address: "mary@client1.com", Name: "Mary Major"}, {Address: "ann@client2.com"},
	}})
	team := meta.SetACL(meta.ACL{
		{Subject: "mary", Rights: meta.List | meta.Read | meta.Write}, {Subject: "ann@client2.com", Rights: meta.List | meta.Read},
	})
	for name, changes := range map[string][]meta.Change{
		"pictures/coast.jpg":   {attribute("title", "The coast"), attribute("description", "Late afternoon, from the lighthouse"), attribute("location", "54.68 N, 13.43 E")},
		"documents/budget.csv": {attribute("title", "Budget of the year"), attribute("description", "Planned and spent, in euros")},
		"private/holidays":     {attribute("title", "Holidays"), holidays},
		"private/team":         {team},
	} {
		document, err := meta.New("")
		if err == nil {
			document, err = document.Apply(changes...)
		}
		if err != nil {
			return err
		}
		files[dir+name+".meta"] = document.Bytes()
	}
	return nil
}

// attribute sets an attribute to a text without mark-up.
func attribute(name, text string) meta.Change {
	a, err := meta.ParseAttribute("<" + name + ">" + text + "</" + name + ">")
	if err != nil {
		return meta.Change{} // which Apply refuses
	}
	return meta.Set(a)
}

func page(title, body string) string {
	return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + title +
		"</title></head>\n<body><h1>" + title + "</h1>\n" + body + "\n</body></html>\n"
}

// pdf is a document of one page with lines of Latin text (ISO 32000-1 §7.5).
func pdf(lines ...string) string {
	var text strings.Builder
	text.WriteString("BT /F1 18 Tf 72 760 Td 28 TL")
	for _, line := range lines {
		fmt.Fprintf(&text, " (%s) Tj T*", line)
	}
	text.WriteString(" ET")
	b := bytes.NewBufferString("%PDF-1.4\n")
	var places []int
	for i, object := range []string{
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R/Resources<</Font<</F1 4 0 R>>>>>>",
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
		fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", text.Len(), &text),
	} {
		places = append(places, b.Len())
		fmt.Fprintf(b, "%d 0 obj%s endobj\n", i+1, object)
	}
	start := b.Len()
	fmt.Fprintf(b, "xref\n0 %d\n0000000000 65535 f \n", len(places)+1)
	for _, place := range places {
		fmt.Fprintf(b, "%010d 00000 n \n", place)
	}
	fmt.Fprintf(b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(places)+1, start)
	return b.String()
}

// chime is two tones, one after the other, as a sound file (RIFF WAVE, 8 kHz, 8 bits).
func chime() []byte {
	const rate = 8000
	samples := make([]byte, rate)
	for i := range samples {
		frequency, at := 660.0, float64(i%(rate/2))/rate
		if i >= rate/2 {
			frequency = 880
		}
		samples[i] = byte(128 + 90*math.Exp(-6*at)*math.Sin(2*math.Pi*frequency*at))
	}
	b := []byte("RIFF")
	b = binary.LittleEndian.AppendUint32(b, uint32(36+len(samples)))
	b = append(b, "WAVEfmt "...)
	for _, field := range []any{uint32(16), uint16(1), uint16(1), uint32(rate), uint32(rate), uint16(1), uint16(8)} { // PCM, one channel
		b, _ = binary.Append(b, binary.LittleEndian, field) // numbers of a fixed size
	}
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(samples)))
	return append(b, samples...)
}
