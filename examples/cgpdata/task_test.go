package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/cgpdata"
)

// accounts makes n settings files, in both layouts and with comments, and returns their
// texts by name. Of each ten, three have a web quota above 1G.
func accounts(t *testing.T, dir string, n int) map[string]string {
	t.Helper()
	quotas := []string{"100M", "2G", "unlimited", "512K", "1G", "1025M", "3000M", "700", "default", "10M"}
	texts := map[string]string{}
	for i := range n {
		name := fmt.Sprintf("user%03d.settings", i)
		text := fmt.Sprintf("{\n // account %d\n MaxWebFiles = %d;\n MaxWebSize = %s;  // as agreed\n RealName = \"User %d\";\n Rules = ((5,\"Keep\",(),()));\n}\n", i, i, quotas[i%10], i)
		if i%2 == 1 {
			text = fmt.Sprintf("{\r\n\tRealName =  \"User %d\";\r\n\tMaxWebSize =  %s; /* MaxWebSize = 1G; */\r\n\tAliases =  (a%d, b%d);\r\n}", i, quotas[i%10], i, i)
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		texts[name] = text
	}
	return texts
}

// Of 300 files, those with a web quota above 1G get another one, and nothing else changes.
func TestRaiseQuotas(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before := accounts(t, dir, 300)
	stdout, stderr, status := shell(t, dir, `
		for file in *.settings; do
			quota=$(cgpdata get MaxWebSize "$file") || exit 1
			case $quota in
				*G) megabytes=$((${quota%G} * 1024)) ;;
				*M) megabytes=${quota%M} ;;
				*) continue ;;
			esac
			if [ "$megabytes" -gt 1024 ]; then
				cgpdata set -w MaxWebSize "$((megabytes * 2))M" "$file" && echo "$file" || exit 1
			fi
		done`)
	require.Equal(t, 0, status, stderr)
	require.Empty(t, stderr)
	raised := strings.Fields(stdout)
	require.Len(t, raised, 90)
	want := map[string]string{"2G": "4096M", "1025M": "2050M", "3000M": "6000M"}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 300)
	for name, old := range before {
		text, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		oldLines, newLines := strings.SplitAfter(old, "\n"), strings.SplitAfter(string(text), "\n")
		require.Len(t, newLines, len(oldLines))
		changed := 0
		for i := range oldLines {
			if oldLines[i] == newLines[i] {
				continue
			}
			changed++
			for from, to := range want {
				oldLines[i] = strings.Replace(oldLines[i], " "+from+";", " "+to+";", 1)
			}
			require.Equal(t, oldLines[i], newLines[i])
		}
		if strings.Contains(stdout, name) {
			require.Equal(t, 1, changed, name)
		} else {
			require.Zero(t, changed, name)
		}
	}
}

// Settings become JSON, are changed with jq, and come back with nothing else changed.
func TestChangeWithJQ(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("jq"); err != nil && os.Getenv("CI") != "true" {
		t.Skip("no jq")
	}
	dir := t.TempDir()
	text := "{\n Created = #T07-11-2011_16:53:05;\n Listener = {MaxInputChannels=50;Ports=({PortNumber=8100;},{InitialSecurity=on;PortNumber=9100;});};\n" +
		" Logo = [HcqHfHI=];\n \"Welcome Text\" = \"<Line1>\\eM\\252ller\";\n Zone = #-5;\n}\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "domain.settings"), []byte(text), 0o600))
	stdout, stderr, status := shell(t, dir, `cgpdata json domain.settings |
		jq '.Listener.Ports[1].PortNumber = "9443" | .Zone += 7 | .Created = {"#time": "2026-01-02"} | .TLS = true' |
		cgpdata from-json`)
	require.Equal(t, 0, status, stderr)
	want := strings.NewReplacer("9100", "9443", "#-5", "#2", "#T07-11-2011_16:53:05", "#T02-01-2026", "\n}", "\n TLS = YES;\n}").Replace(text)
	require.Equal(t, want, stdout)
}

// Many change one file at once, and no change is lost.
func TestEditAtOnce(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "main.settings")
	require.NoError(t, os.WriteFile(name, []byte("{\n}\n"), 0o600))
	const editors = 20
	var all sync.WaitGroup
	errs := make([]error, editors)
	for i := range editors {
		all.Go(func() {
			out, err := exec.CommandContext(t.Context(), filepath.Join(binaries, "cgpdata"), "set", "-w", fmt.Sprintf("key%d", i), "1", name).CombinedOutput()
			if err != nil {
				errs[i] = fmt.Errorf("%w: %s", err, out)
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	v, err := cgpdata.Parse(text, nil)
	require.NoError(t, err)
	require.Equal(t, editors, v.Len())
}
