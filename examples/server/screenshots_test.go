package main

import (
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/fixture"
)

var screenshots = flag.String("screenshots", "", "write pictures of every page into the directory `DIR`")

var shareKey = regexp.MustCompile(`/pwd/([A-Z2-7]{26})/`)

// signIn signs in an account of the demo.
func (r *running) signIn(t *testing.T, b *fixture.Browser, address string) {
	t.Helper()
	b.SignIn(t, r.url("/~"+address+"/index.wssp"), address, r.password[address])
}

// Every page fits into a telephone, in every language; and with -screenshots there are
// pictures of each in three widths and two colour schemes.
func TestPagesFit(t *testing.T) {
	t.Parallel()
	r := start(t)
	key := shareKey.FindStringSubmatch(r.log(t))[1]
	pages := []struct{ name, account, path string }{
		{"signin", "", "/~john/index.wssp/signin"},
		{"shared", "", "/~john/protected/holidays/pwd/" + key + "/"},
		{"shared-file", "", "/~john/protected/holidays/pwd/" + key + "/?view=dunes.jpg"},
		{"freebusy", "", "/~john/freebusy.wssp"},
		{"files", "john@client1.com", "/~john/index.wssp"},
		{"private", "john@client1.com", "/~john/private/index.wssp"},
		{"pictures", "john@client1.com", "/~john/pictures/index.wssp"},
		{"edit", "john@client1.com", "/~john/index.wssp/edit?name=notes.txt"},
		{"share", "john@client1.com", "/~john/private/index.wssp/share?name=holidays"},
		{"shares", "john@client1.com", "/~john/index.wssp/shares"},
		{"attributes", "john@client1.com", "/~john/pictures/index.wssp/attributes?name=coast.jpg"},
		{"rights", "john@client1.com", "/~john/private/index.wssp/attributes?name=team"},
		{"calls", "john@client1.com", "/~john/index.wssp/calls"},
		{"full", "paul@client1.com", "/~paul/index.wssp"},
		{"accounts", "postmaster@client1.com", "/~postmaster/index.wssp/accounts"},
		{"sharing", "postmaster@client1.com", "/~postmaster/index.wssp/sharing?domain=*"},
		{"domain", "dora@client2.com", "/~dora@client2.com/index.wssp/accounts"},
		{"refused", "dora@client2.com", "/~john@client1.com/index.wssp"},
	}
	languages, widths, schemes := []string{"en", "de", "ru"}, []int{360}, []string{"light"}
	if *screenshots != "" {
		languages, widths, schemes = languages[:1], []int{360, 768, 1280}, []string{"light", "dark"}
		require.NoError(t, os.MkdirAll(*screenshots, 0o700))
	}
	browsers := map[string]*fixture.Browser{} // by who has signed in there
	for i := range len(pages) * len(languages) {
		page, language := pages[i/len(languages)], languages[i%len(languages)]
		b := browsers[page.account]
		if b == nil {
			b = fixture.StartBrowser(t, "--force-color-profile=srgb", "--hide-scrollbars")
			browsers[page.account] = b
			if page.account != "" {
				r.signIn(t, b, page.account)
			}
		}
		separator := map[bool]string{false: "?", true: "&"}[strings.Contains(page.path, "?")]
		tab := b.Open(t, r.url(page.path+separator+"language="+language))
		assert.Equal(t, language, tab.Eval(t, `document.documentElement.lang`), page.name)
		for _, width := range widths {
			tab.Do(t, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false}, nil)
			for _, scheme := range schemes {
				tab.Do(t, "Emulation.setEmulatedMedia", map[string]any{"features": []map[string]any{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
				assert.Equal(t, "true", tab.Eval(t, `document.scrollingElement.scrollWidth <= innerWidth`), "%s at %d in %s", page.name, width, language)
				if *screenshots != "" {
					var picture struct{ Data string }
					tab.Do(t, "Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}, &picture)
					data, err := base64.StdEncoding.DecodeString(picture.Data)
					require.NoError(t, err)
					require.NoError(t, os.WriteFile(filepath.Join(*screenshots, fmt.Sprintf("%s-%d-%s.png", page.name, width, scheme)), data, 0o600))
				}
			}
		}
		tab.Do(t, "Page.close", nil, nil)
	}
}
