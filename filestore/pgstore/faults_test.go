package pgstore_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cgpkit/cgpkit/filestore"
	"github.com/cgpkit/cgpkit/filestore/pgstore"
	"github.com/cgpkit/cgpkit/internal/fixture"
)

var kills = flag.Int("kills", 6, "how many servers TestKilled kills")

// long skips a test that takes seconds where the short ones are asked for.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds")
	}
}

// sound demands that what is counted is what is there, for all accounts of a database: usage,
// room that is held, and references to bodies; and that no body is missing.
func sound(t testing.TB, database string) {
	t.Helper()
	for what, sql := range map[string]string{
		"usage": `SELECT count(*) FROM accounts a LEFT JOIN (
				SELECT account, count(*) FILTER (WHERE kind <> 0) + count(side_size) AS files, sum(size + coalesce(side_size, 0)) AS bytes FROM entries GROUP BY account
			) e ON e.account = a.id WHERE a.files <> coalesce(e.files, 0) OR a.bytes <> coalesce(e.bytes, 0)`,
		"held": `SELECT count(*) FROM accounts a LEFT JOIN (
				SELECT account, sum(files) AS files, sum(bytes) AS bytes FROM uploads GROUP BY account
			) u ON u.account = a.id WHERE a.held_files <> coalesce(u.files, 0) OR a.held_bytes <> coalesce(u.bytes, 0)`,
		"references": `SELECT count(*) FROM bodies b WHERE refs <> (SELECT count(*) FROM entries e WHERE e.account = b.account AND e.body = b.key)`,
		"bodies":     `SELECT count(*) FROM entries e WHERE body IS NOT NULL AND NOT EXISTS (SELECT 1 FROM bodies b WHERE b.account = e.account AND b.key = e.body AND NOT b.dying)`,
		"chunks": `SELECT count(*) FROM entries e JOIN bodies b ON b.account = e.account AND b.key = e.body AND b.place = 0
			WHERE e.size <> (SELECT coalesce(sum(length(content)), 0) FROM chunks c WHERE c.account = e.account AND c.body = e.body)`,
		"directories": `SELECT count(*) FROM entries e WHERE parent <> 0 AND NOT EXISTS (SELECT 1 FROM entries d WHERE d.account = e.account AND d.dir = e.parent AND d.kind = 2)`,
	} {
		var wrong int
		query(t, database, sql, &wrong)
		require.Zero(t, wrong, what)
	}
}

// appender appends single bytes to a file of its own until told to stop: an answer that was
// lost, and a change that was made twice, show in its size. It also makes, moves and copies.
func appender(ctx context.Context, s filestore.Store, name string, acknowledged *atomic.Int64, goOn func() bool) error {
	for i := 0; goOn(); i++ {
		u, err := s.Create(ctx, name, filestore.CreateOptions{Offset: filestore.End}, boundless)
		if err != nil {
			return fmt.Errorf("create: %w", err)
		}
		_, err = io.WriteString(u, "x")
		if err == nil {
			_, err = u.Commit()
		}
		u.Abort()
		if err != nil {
			return err
		}
		acknowledged.Add(1)
		dir := fmt.Sprintf("%s-dir%d", name, i)
		if err := s.Mkdir(ctx, dir, filestore.MkdirOptions{If: filestore.Precondition{Absent: true}, Sidecar: []byte("side")}, boundless); err != nil {
			return err // it was made twice: fs.ErrExist
		}
		if err := s.Copy(ctx, name, dir+"/copy", filestore.CopyOptions{}, boundless); err != nil {
			return err
		}
		if err := s.Rename(ctx, dir, dir+"-moved", filestore.RenameOptions{}); err != nil {
			return err // it was moved twice: fs.ErrNotExist
		}
		if err := s.Remove(ctx, dir+"-moved", filestore.RemoveOptions{Recursive: true}); err != nil {
			return err
		}
	}
	return nil
}

// appendAll lets writers append while trouble is made. Nothing fails, and every byte that was
// acknowledged is there once.
func appendAll(t *testing.T, s *pgstore.Stores, database string, writers, each int, trouble func(written func() int64)) {
	t.Helper()
	acknowledged := make([]atomic.Int64, writers)
	written := func() (n int64) {
		for i := range acknowledged {
			n += acknowledged[i].Load()
		}
		return n
	}
	var group sync.WaitGroup
	var ended atomic.Bool
	for i := range writers {
		group.Go(func() {
			mine, err := s.Store(t.Context(), fmt.Sprintf("account%d@test", i%2))
			if err == nil {
				err = appender(t.Context(), mine, fmt.Sprint("file", i), &acknowledged[i], func() bool {
					return acknowledged[i].Load() < int64(each) || !ended.Load()
				})
			}
			if err != nil {
				t.Errorf("writer %d after %d: %v", i, acknowledged[i].Load(), err)
			}
		})
	}
	trouble(written)
	ended.Store(true)
	group.Wait()
	for i := range writers {
		info, err := store(t, s, fmt.Sprintf("account%d@test", i%2)).Stat(t.Context(), fmt.Sprint("file", i))
		require.NoError(t, err)
		require.Equal(t, acknowledged[i].Load(), info.Size())
	}
	sound(t, database)
}

// through is the URL of a database through a proxy.
func through(t testing.TB, database string, p *proxy) string {
	t.Helper()
	u, err := url.Parse(database)
	require.NoError(t, err)
	u.Host = p.addr
	return u.String()
}

func target(t testing.TB, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	require.NoError(t, err)
	return u.Host
}

// TestCutConnections cuts connections at any byte, in requests and in answers.
func TestCutConnections(t *testing.T) {
	t.Parallel()
	direct := database(t)
	require.NoError(t, pgstore.Migrate(t.Context(), direct))
	p := newProxy(t, target(t, direct), between(4_000, 60_000))
	s := open(t, pgstore.Config{Database: direct, Inline: 4})
	cut, err := pgstore.Open(t.Context(), pgstore.Config{Database: through(t, direct, p), Inline: 4})
	for range 20 {
		if err == nil {
			break
		}
		cut, err = pgstore.Open(t.Context(), pgstore.Config{Database: through(t, direct, p), Inline: 4})
	}
	require.NoError(t, err)
	defer cut.Close()
	appendAll(t, cut, direct, 4, 30, func(func() int64) {})
	require.Greater(t, p.cuts.Load(), int64(5))

	later(t, direct)
	_, err = s.Sweep(t.Context())
	require.NoError(t, err)
	sound(t, direct)
	var left int
	query(t, direct, "SELECT (SELECT count(*) FROM uploads) + (SELECT count(*) FROM bodies WHERE refs = 0) + (SELECT sum(held_files + held_bytes) FROM accounts)", &left)
	require.Zero(t, left)
}

// TestRestart kills the database at work, with all that it had not written.
func TestRestart(t *testing.T) {
	t.Parallel()
	p := fixture.NewPostgres(t, "fsync=on")
	url := p.Database(t)
	s := open(t, pgstore.Config{Database: url, Inline: 4, Timeout: time.Minute})
	appendAll(t, s, url, 4, 10, func(written func() int64) {
		for range 3 {
			for before := written(); written() < before+5; {
				time.Sleep(time.Millisecond)
			}
			p.Kill()
			require.NoError(t, p.Start())
		}
	})
}

// TestFailover kills the database at work and goes on with its synchronous standby.
func TestFailover(t *testing.T) {
	long(t)
	t.Parallel()
	p := fixture.NewPostgres(t, "fsync=on", "wal_level=replica")
	first := p.Database(t)
	standby := p.Standby(t)
	s := open(t, pgstore.Config{Database: strings.Replace(first, "127.0.0.1", fmt.Sprintf("127.0.0.1:%d,127.0.0.1", standby.Port), 1), Inline: 4, Timeout: time.Minute})
	second := strings.Replace(first, fmt.Sprint(p.Port), fmt.Sprint(standby.Port), 1)
	appendAll(t, s, second, 4, 10, func(written func() int64) {
		for written() < 10 {
			time.Sleep(time.Millisecond)
		}
		p.Kill()
		standby.Promote(t)
	})
}

// TestReadOnly: a server that cannot write any more is left, and one that cannot write is
// not begun with.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	url := database(t)
	s := open(t, pgstore.Config{Database: url})
	mine := store(t, s, "john@test")
	require.NoError(t, mine.Mkdir(t.Context(), "a", filestore.MkdirOptions{}, boundless))
	require.NoError(t, s.MakeReadOnly(t.Context()))
	require.NoError(t, mine.Mkdir(t.Context(), "b", filestore.MkdirOptions{}, boundless))
	u := begin(t, mine, "c", "1", filestore.CreateOptions{}, boundless)
	require.NoError(t, s.MakeReadOnly(t.Context()))
	_, err := u.Commit()
	require.NoError(t, err)

	var name string
	query(t, url, "SELECT current_database()", &name)
	query(t, url, "ALTER DATABASE "+name+" SET default_transaction_read_only = on") // for connections to come
	_, err = pgstore.Open(t.Context(), pgstore.Config{Database: url, Timeout: 100 * time.Millisecond})
	require.ErrorIs(t, err, filestore.ErrUnavailable)
	query(t, url+"&default_transaction_read_only=off", "ALTER DATABASE "+name+" RESET default_transaction_read_only")
	sound(t, url)
}

// TestKilled kills servers at work: what they have acknowledged is there, nothing is half there,
// and what they leave behind is swept.
func TestKilled(t *testing.T) {
	long(t)
	t.Parallel()
	p, s3 := fixture.NewPostgres(t, "fsync=on"), fixture.NewS3(t)
	url := p.Database(t)
	place := &pgstore.S3{Endpoint: s3.Endpoint, Bucket: s3.Bucket, AccessKey: fixture.S3Access, SecretKey: fixture.S3Secret}
	s := open(t, pgstore.Config{Database: url, S3: place})
	mine := store(t, s, "john@test")
	for kill := range *kills {
		worker := exec.Command(os.Args[0])
		worker.Env = append(os.Environ(), workEnv+"="+url, workEnv+"_S3="+s3.Endpoint)
		out, err := worker.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, worker.Start())
		lines := bufio.NewScanner(out)
		last := map[string]string{} // what was acknowledged last, by name
		for range 1 + rand.IntN(25) {
			if !lines.Scan() {
				break
			}
			name, content, _ := strings.Cut(lines.Text(), " ")
			last[name] = content
		}
		time.Sleep(time.Duration(rand.IntN(5000)) * time.Microsecond) // somewhere in the next change
		require.NoError(t, worker.Process.Kill())
		for lines.Scan() {
			name, content, _ := strings.Cut(lines.Text(), " ")
			last[name] = content
		}
		worker.Wait()
		for name, content := range last {
			f, err := mine.Open(t.Context(), name)
			require.NoError(t, err, "kill %d", kill)
			got, err := io.ReadAll(f)
			require.NoError(t, err)
			require.NoError(t, f.Close())
			first, _, _ := strings.Cut(string(got), " ")
			number, err := strconv.Atoi(first)
			require.NoError(t, err)
			acknowledged, err := strconv.Atoi(content)
			require.NoError(t, err)
			require.Contains(t, []int{acknowledged, acknowledged + 1}, number, "or the next one, of which the answer was lost")
			require.Equal(t, workContent(name, number), string(got))
			side, err := mine.Sidecar(t.Context(), name, "")
			require.NoError(t, err)
			require.Equal(t, "side", string(side.Content))
		}
		sound(t, url)
	}
	later(t, url)
	_, err := s.Sweep(t.Context())
	require.NoError(t, err)
	sound(t, url)
	var left, bodies int
	query(t, url, "SELECT (SELECT count(*) FROM uploads) + (SELECT sum(held_files + held_bytes) FROM accounts)", &left)
	require.Zero(t, left)
	query(t, url, "SELECT count(*) FROM bodies", &bodies)
	objects, err := filepath.Glob(filepath.Join(s3.Dir, "[0-9A-Z]*"))
	require.NoError(t, err)
	require.Len(t, objects, bodies, "no object without a body")
}

// TestDatabaseStalls: one that does not answer any more is refused within the time that a call
// has, and an upload that was aborted meanwhile does not wait for it for long.
func TestDatabaseStalls(t *testing.T) {
	long(t)
	t.Parallel()
	direct := database(t)
	require.NoError(t, pgstore.Migrate(t.Context(), direct))
	p := newProxy(t, target(t, direct), never)
	s, err := pgstore.Open(t.Context(), pgstore.Config{Database: through(t, direct, p), Timeout: time.Second})
	require.NoError(t, err)
	defer s.Close()
	mine := store(t, s, "john@test")
	write(t, mine, "a", "1")
	u := begin(t, mine, "b", "2", filestore.CreateOptions{Size: 1}, boundless)
	p.stall.Store(true)
	for what, do := range map[string]func() error{
		"stat":   func() error { _, err := mine.Stat(t.Context(), "a"); return err },
		"open":   func() error { _, err := mine.Open(t.Context(), "a"); return err },
		"mkdir":  func() error { return mine.Mkdir(t.Context(), "d", filestore.MkdirOptions{}, boundless) },
		"commit": func() error { _, err := u.Commit(); return err },
		"ready":  func() error { return s.Ready(t.Context()) },
		"list": func() (err error) {
			for _, err = range mine.List(t.Context(), filestore.Root, filestore.ListOptions{}) {
			}
			return err
		},
	} {
		began := time.Now()
		err := do()
		require.ErrorIs(t, err, filestore.ErrUnavailable, what)
		require.ErrorIs(t, err, filestore.ErrExhausted, what)
		require.NotErrorIs(t, err, context.DeadlineExceeded, what)
		require.NotErrorIs(t, err, fs.ErrNotExist, what)
		require.Less(t, time.Since(began), 30*time.Second, what)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = mine.Stat(ctx, "a")
	require.ErrorIs(t, err, context.Canceled)
	p.stall.Store(false)
	require.Eventually(t, func() bool { _, err := mine.Stat(t.Context(), "a"); return err == nil }, time.Minute, time.Millisecond)
	require.NoError(t, u.Abort())
	require.ErrorIs(t, func() error { _, err := u.Commit(); return err }(), fs.ErrClosed)
	sound(t, direct)
}

// TestS3Fails: an upload that S3 takes slowly or not to its end leaves nothing, nor does one in
// parts; a read that stops says so.
func TestS3Fails(t *testing.T) {
	long(t)
	t.Parallel()
	s3 := fixture.NewS3(t)
	at, err := url.Parse(s3.Endpoint)
	require.NoError(t, err)
	p := newProxy(t, at.Host, between(10_000, 5_000_000))
	p.gentle.Store(true)
	database := database(t)
	near := pgstore.S3{Endpoint: s3.Endpoint, Bucket: s3.Bucket, AccessKey: fixture.S3Access, SecretKey: fixture.S3Secret}
	whole := open(t, pgstore.Config{Database: database, S3: &near})
	far := near
	far.Endpoint = "http://" + p.addr
	s := open(t, pgstore.Config{Database: database, Timeout: 2 * time.Second, S3: &far})
	mine := store(t, s, "john@test")
	large := strings.Repeat("0123456789", 2_000_000)
	write(t, store(t, whole, "john@test"), "there", large)
	reading, err := mine.Open(t.Context(), "there")
	require.NoError(t, err)
	defer reading.Close()
	_, err = io.ReadFull(reading, make([]byte, 1000))
	require.NoError(t, err)

	upload := func(o filestore.CreateOptions) error {
		u, err := mine.Create(t.Context(), "there", o, boundless)
		if err != nil {
			return err
		}
		defer u.Abort()
		p.stall.Store(true)
		if _, err = io.WriteString(u, large); err == nil {
			_, err = u.Commit()
		}
		p.stall.Store(false)
		return err
	}
	require.ErrorIs(t, upload(filestore.CreateOptions{Size: int64(len(large))}), filestore.ErrUnavailable)
	p.stall.Store(true)
	_, err = io.Copy(io.Discard, reading)
	require.ErrorIs(t, err, filestore.ErrUnavailable)
	p.stall.Store(false)

	p.gentle.Store(false)
	failed := 0
	for i := range 20 {
		o := filestore.CreateOptions{}
		if i%2 == 0 {
			o.Size = int64(len(large))
		}
		u, err := mine.Create(t.Context(), "there", o, boundless)
		require.NoError(t, err)
		if _, err = io.WriteString(u, large); err == nil {
			_, err = u.Commit()
		}
		u.Abort()
		if err != nil {
			require.ErrorIs(t, err, filestore.ErrUnavailable)
			failed++
		}
	}
	require.NotZero(t, failed)
	f, err := store(t, whole, "john@test").Open(t.Context(), "there")
	require.NoError(t, err)
	defer f.Close()
	content, err := io.ReadAll(f)
	require.NoError(t, err)
	require.True(t, string(content) == large)
	sound(t, database)
	later(t, database)
	_, err = whole.Sweep(t.Context())
	require.NoError(t, err)
	var bodies int
	query(t, database, "SELECT count(*) FROM bodies", &bodies)
	require.Equal(t, 1, bodies)
}

// TestLostTwice: a change that was not made is not taken for made when the answer to the question
// about it is lost too, and the question asked again.
func TestLostTwice(t *testing.T) {
	t.Parallel()
	url := database(t)
	s := open(t, pgstore.Config{Database: url})
	lost := errors.New("lost")
	for range 2 {
		require.ErrorIs(t, s.FindOut(t.Context(), []byte("not made"), lost), lost)
	}
	require.NoError(t, store(t, s, "john@test").Mkdir(t.Context(), "a", filestore.MkdirOptions{}, boundless))
	var made []byte
	query(t, url, "SELECT token FROM commits WHERE token <> 'not made'", &made)
	for range 2 {
		require.NoError(t, s.FindOut(t.Context(), made, lost))
	}
}

// TestClosed: calls after Close say so, and do not try again.
func TestClosed(t *testing.T) {
	t.Parallel()
	url := database(t)
	require.NoError(t, pgstore.Migrate(t.Context(), url))
	s, err := pgstore.Open(t.Context(), pgstore.Config{Database: url, Inline: small, Timeout: 2 * time.Second})
	require.NoError(t, err)
	mine := store(t, s, "john@test")
	write(t, mine, "a", "1")
	u := begin(t, mine, "b", "2", filestore.CreateOptions{Size: 1}, boundless)
	opened, err := mine.Open(t.Context(), "a")
	require.NoError(t, err)
	defer opened.Close()
	require.NoError(t, s.Close())
	for what, do := range map[string]func() error{
		"stat":  func() error { _, err := mine.Stat(t.Context(), "a"); return err },
		"open":  func() error { _, err := mine.Open(t.Context(), "a"); return err },
		"read":  func() error { _, err := io.ReadAll(opened); return err },
		"mkdir": func() error { return mine.Mkdir(t.Context(), "d", filestore.MkdirOptions{}, boundless) },
		"create": func() error {
			_, err := mine.Create(t.Context(), "c", filestore.CreateOptions{}, boundless)
			return err
		},
		"commit": func() error { _, err := u.Commit(); return err },
	} {
		err := do()
		require.ErrorIs(t, err, fs.ErrClosed, what)
		require.NotErrorIs(t, err, filestore.ErrUnavailable, what)
	}
	require.ErrorIs(t, s.FindOut(t.Context(), []byte("any"), errors.New("lost")), filestore.ErrUnavailable, "nobody knows")
	require.NoError(t, u.Abort())
}

// TestCancelled: whoever gives up while S3 does not answer learns just that.
func TestCancelled(t *testing.T) {
	t.Parallel()
	s3 := bucket(t)
	at, err := url.Parse(s3.Endpoint)
	require.NoError(t, err)
	p := newProxy(t, at.Host, never)
	s3.Endpoint = "http://" + p.addr
	mine := store(t, open(t, pgstore.Config{Inline: small, Timeout: time.Minute, S3: s3}), "john@test")
	ctx, cancel := context.WithCancel(t.Context())
	u, err := mine.Create(ctx, "a", filestore.CreateOptions{Size: 4}, boundless)
	require.NoError(t, err)
	p.stall.Store(true)
	_, err = io.WriteString(u, "0123")
	require.NoError(t, err)
	time.AfterFunc(100*time.Millisecond, func() { // while Commit waits
		cancel()
		p.stall.Store(false)
	})
	_, err = u.Commit()
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, filestore.ErrUnavailable)
}
