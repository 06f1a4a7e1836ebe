package pages_test

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/calllog"
)

// loggedCalls are calls of two months, with what strangers may have in their names.
func loggedCalls() map[string][]byte {
	logs := map[string][]byte{}
	at := func(month time.Month, day, hour int) time.Time {
		return time.Date(2009, month, day, hour, 0, 0, 0, time.UTC)
	}
	for _, r := range []calllog.Record{
		{End: at(2, 27, 9), Peer: calllog.Peer{Name: "Earlier"}, Answered: true, CallTime: time.Minute},
		{End: at(3, 5, 9), Peer: calllog.Peer{Name: "Ann", Address: "ann@d5"}, Answered: true, CallTime: 125 * time.Second},
		{End: at(3, 5, 10), Outgoing: true, Peer: calllog.Peer{Name: "<script>alert(1)</script>", Address: "=1+1@d6"}, ErrorCode: `"><img src=x>`, Program: "</td>"},
		{End: at(3, 31, 23), Outgoing: true, Peer: calllog.Peer{Address: "bob@d4"}, Answered: true, CallTime: 2*time.Hour + 3*time.Second},
	} {
		name := calllog.FileName(r.End)
		logs[name] = calllog.AppendRecord(logs[name], r)
	}
	logs["calls-2009-Mar"] = append(logs["calls-2009-Mar"], "no record\n3\tanother format\n"...)
	return logs
}

func TestCalls(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.handler.Pages.Location = time.UTC
	b := s.signedIn(t, "john")
	require.Contains(t, b.get(t, "/~john/index.wssp/calls").body, "No calls are logged here.")
	for name, log := range loggedCalls() {
		s.Write(t, john, "private/logs/"+name, string(log))
	}
	s.Write(t, john, "private/logs/calls-nonsense", "x")

	got := b.get(t, "/~john/index.wssp/calls")
	require.Equal(t, 200, got.code)
	inspect(t, got.body)
	for _, want := range []string{
		`<h1>Calls: March 2009</h1>`, `<a href="calls?month=2009-02">February 2009</a>`, `<a href="calls?month=2009-03" aria-current="page">`,
		"<dt>Calls</dt><dd>3</dd>", "<dt>Not connected</dt><dd>1</dd>", "<dd>2:02:08</dd>", "<dd>2:00:03</dd>",
		"<title>5, Incoming: 1</title>", "<title>31, Outgoing: 1</title>", "Not counted: 1 lines that are no records, and 1 records in another format.",
	} {
		require.True(t, strings.Contains(got.body, want), want)
	}
	order := func(query string) (all []string) {
		page := b.get(t, "/~john/index.wssp/calls?month=2009-03"+query)
		require.Equal(t, 200, page.code, query)
		_, table, _ := strings.Cut(page.body, `<table class="table calls">`)
		for _, found := range regexp.MustCompile(`<td class="peer">(?:<bdi>(.*?)</bdi> )?<bdi class="help">(.*?)</bdi>`).FindAllStringSubmatch(table, -1) {
			all = append(all, html.UnescapeString(found[2]))
		}
		return all
	}
	for query, want := range map[string][]string{
		"":                                 {"bob@d4", "=1+1@d6", "ann@d5"},
		"&sort=end&order=ascending":        {"ann@d5", "=1+1@d6", "bob@d4"},
		"&sort=peer&order=ascending":       {"=1+1@d6", "ann@d5", "bob@d4"},
		"&sort=duration&order=descending":  {"bob@d4", "ann@d5", "=1+1@d6"},
		"&sort=direction&order=descending": {"=1+1@d6", "bob@d4", "ann@d5"},
		"&sort=nonsense&order=nonsense":    {"bob@d4", "=1+1@d6", "ann@d5"},
		"&from=-1":                         {"bob@d4", "=1+1@d6", "ann@d5"}, "&from=99999999999999999999": {"bob@d4", "=1+1@d6", "ann@d5"}, "&from=2": {"ann@d5"},
	} {
		require.Equal(t, want, order(query), query)
	}
	require.Contains(t, b.get(t, "/~john/index.wssp/calls?sort=peer&order=ascending").body, `aria-sort="ascending"><a href="calls?month=2009-03&amp;order=descending&amp;sort=peer#all">`)

	csv := b.get(t, "/~john/index.wssp/calls?month=2009-03&csv")
	require.Equal(t, "text/csv; charset=utf-8", csv.header.Get("Content-Type"))
	require.Equal(t, `attachment; filename=calls-2009-03.csv`, csv.header.Get("Content-Disposition"))
	require.Equal(t, 4, strings.Count(csv.body, "\n"))
	require.Contains(t, csv.body, "2009-03-05T10:00:00Z,outgoing,<script>alert(1)</script>,'=1+1@d6,")
	for _, query := range []string{"?month=2009-04", "?month=../../x", "?month=nonsense&csv", "?month=2009-13"} {
		require.Equal(t, 404, b.get(t, "/~john/index.wssp/calls"+query).code, query)
	}
	require.Equal(t, 404, b.get(t, "/~john/private/index.wssp/calls").code)
	for language, month := range map[string]string{"de": "März 2009", "ru": "март 2009"} {
		b.get(t, "/~john/index.wssp/calls?language="+language)
		require.Contains(t, b.get(t, "/~john/index.wssp/calls").body, month)
	}
}

// A long log is counted as a whole, and listed in parts.
func TestCallsInParts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var log []byte
	for i := range 250 {
		log = calllog.AppendRecord(log, calllog.Record{End: time.Date(2009, 3, 1+i%31, 9, i%60, 0, 0, time.UTC), Peer: calllog.Peer{Address: "x@y"}})
	}
	s.Write(t, john, "private/logs/calls-2009-Mar", string(log))
	b := s.signedIn(t, "john")
	path, rows := "/~john/index.wssp/calls", 0
	next := regexp.MustCompile(`rel="next" href="([^"]*)"`)
	for parts := 1; ; parts++ {
		page := b.get(t, path).body
		require.Contains(t, page, "<dd>250</dd>")
		rows += strings.Count(page, `<tr class="failed">`)
		found := next.FindStringSubmatch(page)
		if found == nil {
			require.Equal(t, 3, parts)
			break
		}
		path = "/~john/index.wssp/" + html.UnescapeString(found[1])
	}
	require.Equal(t, 250, rows)
}
