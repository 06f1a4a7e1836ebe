package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/internal/fixture"
)

// tab is a page in a browser, which has nothing to complain of: no error of a script, and
// nothing that a policy has stopped.
type tab struct{ *fixture.Page }

func (r *running) openTab(t *testing.T, b *fixture.Browser, path string, scripts bool) tab {
	t.Helper()
	p := tab{b.Open(t, "about:blank")}
	p.Do(t, "Log.enable", nil, nil)
	p.Do(t, "Runtime.enable", nil, nil)
	p.Do(t, "Emulation.setScriptExecutionDisabled", map[string]any{"value": !scripts}, nil)
	t.Cleanup(func() {
		require.Empty(t, b.Heard("Runtime.exceptionThrown", "exceptionDetails"))
		for _, said := range b.Heard("Log.entryAdded", "entry.text") {
			require.True(t, strings.HasPrefix(said, "Failed to load resource: the server responded with a status of"), said)
		}
	})
	p.Go(t, r.url(path))
	return p
}

// press clicks on what leads to another page.
func (p tab) press(t *testing.T, selector string) {
	t.Helper()
	p.Follow(t, `document.querySelector(`+script(selector)+`).click()`)
}

// fill writes into a field.
func (p tab) fill(t *testing.T, selector, text string) {
	t.Helper()
	p.Eval(t, `void (document.querySelector(`+script(selector)+`).value = `+script(text)+`)`)
}

func (p tab) text(t *testing.T) string {
	t.Helper()
	return p.Eval(t, `document.body.innerText`)
}

// script is a text as JavaScript has it.
func script(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // no text gives one
	}
	return string(quoted)
}

// John shares a folder, a visitor with a browser of their own reads it, and no longer when
// he has revoked the link; with scripts and without.
func TestChromiumShares(t *testing.T) {
	t.Parallel()
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("scripts %v", scripts), func(t *testing.T) {
			t.Parallel()
			r := start(t)
			johns, visitors := fixture.StartBrowser(t), fixture.StartBrowser(t)
			r.signIn(t, johns, "john@client1.com")
			john, visitor := r.openTab(t, johns, "/~john/private/index.wssp", scripts), r.openTab(t, visitors, "/~john/", scripts)

			john.press(t, `a[href="index.wssp/share?name=team"]`)
			john.fill(t, "#recipients", "Mary Major <mary@client1.com>\nann@client2.com")
			john.press(t, "button[value=share]")
			link := john.Eval(t, `document.querySelector("#url0").value`)
			require.True(t, strings.HasPrefix(link, r.url("/~john/protected/team/pwd/")), link)
			mail := john.Eval(t, `document.querySelector("a[href^='mailto:']").href`)
			require.True(t, strings.HasPrefix(mail, "mailto:mary@client1.com,ann@client2.com?subject="), mail)
			if scripts {
				john.Eval(t, `document.querySelector("button[data-copy]").click()`)
				john.Wait(t, `document.querySelector("button[data-copy] span").textContent === "Copied"`)
			} else {
				require.Equal(t, "true", john.Eval(t, `document.querySelector("button[data-copy]").hidden`), "a button that does nothing is not there")
			}
			require.Equal(t, "true", john.Eval(t, `document.querySelector("details:has(.qr) summary").click(), document.querySelector(".qr").checkVisibility()`))

			visitor.Go(t, link)
			require.Contains(t, visitor.text(t), "john@client1.com shares these files with you.")
			require.NotContains(t, visitor.text(t), "Sign")
			visitor.press(t, ".tile")
			require.Contains(t, visitor.text(t), "What Mary and Ann may read")
			visitor.Go(t, r.url("/~john/index.wssp"))
			require.Contains(t, visitor.text(t), "Sign in", "the link opens nothing else")

			john.Go(t, r.url("/~john/index.wssp/shares"))
			require.Contains(t, john.text(t), "Mary Major <mary@client1.com>")
			john.press(t, `a[href$="share?name=team"]`)
			john.press(t, "button[value=revoke]")
			require.NotContains(t, john.text(t), "Revoke")
			visitor.Go(t, link)
			require.NotContains(t, visitor.text(t), "plan.txt")
			require.Contains(t, visitor.text(t), "Not Found")
		})
	}
}

// Attributes and rights are changed on their page.
func TestChromiumDescribes(t *testing.T) {
	t.Parallel()
	r := start(t)
	b := fixture.StartBrowser(t)
	r.signIn(t, b, "john@client1.com")
	john := r.openTab(t, b, "/~john/pictures/index.wssp", true)
	john.press(t, `a[href="index.wssp/attributes?name=coast.jpg"]`)
	john.fill(t, `[name="field.title"]`, "<b>Coast</b>")
	john.press(t, "button[value=describe]")
	require.Equal(t, "<b>Coast</b>", john.Eval(t, `document.querySelector('[name="field.title"]').value`))
	john.fill(t, "#xml", "<meta>\n<oops></meta>")
	john.press(t, "button[value=xml]")
	require.Contains(t, john.text(t), "line 2")

	mary := r.auth("mary")
	code, _ := r.curl(t, "-u", mary, r.url("/~john/private/diary.txt"))
	require.Equal(t, "403", code)
	john.Go(t, r.url("/~john/private/index.wssp/attributes?name=diary.txt"))
	john.Eval(t, `document.querySelector("#own").click(), document.querySelector('[name="may.0"][value=r]').click()`)
	john.fill(t, "[name=subject]", "mary")
	john.press(t, "button[value=rights]")
	code, _ = r.curl(t, "-u", mary, r.url("/~john/private/diary.txt"))
	require.Equal(t, "200", code)
}

// Calls are sorted by a click, and administrators go from a search to the files of those
// whom they administer.
func TestChromiumCallsAndAccounts(t *testing.T) {
	t.Parallel()
	r := start(t)
	admins, doras := fixture.StartBrowser(t), fixture.StartBrowser(t)
	r.signIn(t, admins, "postmaster@client1.com")
	admin := r.openTab(t, admins, "/~john/index.wssp/calls", true)
	longest := admin.Eval(t, `document.querySelector(".rows li span:nth-child(2)").innerText`)
	admin.press(t, ".calls th:nth-child(4) a")
	require.Equal(t, longest, admin.Eval(t, `document.querySelector(".calls tbody td:nth-child(4)").innerText`))
	admin.Go(t, r.url("/~postmaster/index.wssp"))
	admin.press(t, `nav.pages a[href$="accounts"]`)
	admin.fill(t, "#search", "paul")
	admin.press(t, ".filter button")
	require.Contains(t, admin.text(t), "1 account\n")
	admin.press(t, `a[href="/~paul@client1.com/index.wssp"]`)
	require.Contains(t, admin.text(t), "backup")
	admin.Go(t, r.url("/~postmaster/index.wssp/accounts"))
	admin.fill(t, "#folder", "gold")
	admin.press(t, "section form button")
	admin.press(t, `a[href$="$DomainSkins/index.wssp"]`)
	require.Contains(t, admin.text(t), "gold")

	r.signIn(t, doras, "dora@client2.com")
	dora := r.openTab(t, doras, "/~dora@client2.com/index.wssp/accounts", true)
	require.Contains(t, dora.text(t), "ann@client2.com")
	require.NotContains(t, dora.text(t), "client1.com")
	dora.press(t, `a[href="/~ann@client2.com/index.wssp"]`)
	require.Contains(t, dora.text(t), "default.html")
	dora.Go(t, r.url("/~john@client1.com/index.wssp"))
	require.Contains(t, dora.text(t), "Not for you")
}
