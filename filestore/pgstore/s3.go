package pgstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3 is a bucket of an object store. PUT, GET with a range, DELETE and uploads in parts are all
// that it has to know. Use field names.
type S3 struct {
	// Endpoint is a URL; http:// has to be said.
	Endpoint string
	Bucket   string
	// Prefix begins the keys of all objects. "": none.
	Prefix string
	// Region is that of the bucket. "": us-east-1, which servers of one's own take.
	Region string
	// AccessKey and SecretKey are the credentials. Both empty: those of the environment
	// (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or of a file (AWS_SHARED_CREDENTIALS_FILE,
	// else ~/.aws/credentials).
	AccessKey, SecretKey string
}

// ParseS3 reads ENDPOINT/BUCKET, as flags of programs have it, with the prefix of all keys
// behind it if there is one. An endpoint without a scheme is https. The error does not
// repeat the text, which may hold a secret.
func ParseS3(text string) (*S3, error) {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	where, err := url.Parse(text)
	if err != nil || where.Host == "" || where.User != nil || where.Scheme != "http" && where.Scheme != "https" {
		return nil, errors.New("not ENDPOINT/BUCKET")
	}
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(where.Path, "/"), "/")
	if bucket == "" {
		return nil, errors.New("not ENDPOINT/BUCKET")
	}
	return &S3{Endpoint: where.Scheme + "://" + where.Host, Bucket: bucket, Prefix: prefix}, nil
}

// bucket keeps bodies as objects, each under the key of its body.
type bucket struct {
	failing atomic.Bool // the last read has failed
	s       *Stores
	core    *minio.Core
	name    string
	prefix  string
}

func newBucket(s *Stores, c S3) (*bucket, error) {
	where, err := url.Parse(c.Endpoint)
	if err != nil || where.Host == "" || where.Path != "" && where.Path != "/" {
		return nil, fmt.Errorf("endpoint of S3 is no URL: %q", c.Endpoint)
	}
	keys := credentials.NewStaticV4(c.AccessKey, c.SecretKey, "")
	if c.AccessKey == "" && c.SecretKey == "" {
		keys = credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}})
	}
	secure := where.Scheme == "https"
	transport, err := minio.DefaultTransport(secure)
	if err != nil {
		return nil, fmt.Errorf("transport to S3: %w", err)
	}
	transport.ResponseHeaderTimeout = s.timeout
	transport.DisableCompression = true
	core, err := minio.NewCore(where.Host, &minio.Options{
		Creds: keys, Secure: secure, Region: cmp.Or(c.Region, "us-east-1"), Transport: transport, MaxRetries: 3,
	})
	if err != nil {
		return nil, fmt.Errorf("settings of S3: %w", err)
	}
	return &bucket{s: s, core: core, name: c.Bucket, prefix: c.Prefix}, nil
}

func (b *bucket) object(of body) string { return b.prefix + of.key }

// opens asks first while S3 is away, so that callers learn it before they have promised a
// content.
func (b *bucket) opens(ctx context.Context) error {
	if !b.failing.Load() {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, b.s.timeout)
	defer cancel()
	err := b.ready(bounded)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	b.failing.Store(err != nil)
	return err
}

// ready asks for an object that is not there.
func (b *bucket) ready(ctx context.Context) error {
	_, _, _, err := b.core.GetObject(ctx, b.name, b.prefix+"ready", minio.GetObjectOptions{})
	if told := minio.ToErrorResponse(err); err != nil && told.Code != minio.NoSuchKey {
		return unavailable(fmt.Errorf("bucket %s: %w", b.name, err))
	}
	return nil
}

func (b *bucket) remove(ctx context.Context, of body, upload string) error {
	ctx, cancel := context.WithTimeout(ctx, b.s.timeout)
	defer cancel()
	if upload != "" {
		if err := b.core.AbortMultipartUpload(ctx, b.name, b.object(of), upload); err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchUpload {
			return unavailable(err)
		}
	}
	if err := b.core.RemoveObject(ctx, b.name, b.object(of), minio.RemoveObjectOptions{}); err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchKey {
		return unavailable(err)
	}
	return nil
}

// read begins a request when it is read first.
func (b *bucket) read(ctx context.Context, of body, offset, length int64) io.ReadCloser {
	ctx, cancel := context.WithCancelCause(ctx)
	return &objectReader{b: b, ctx: ctx, cancel: cancel, body: of, offset: offset, length: length}
}

type objectReader struct {
	b              *bucket
	ctx            context.Context
	cancel         context.CancelCauseFunc
	body           body
	offset, length int64
	from           io.ReadCloser
	stall          *time.Timer
}

var errStalled = errors.New("S3 has stopped sending")

func (r *objectReader) Read(p []byte) (n int, err error) {
	if r.stall == nil {
		r.stall = time.AfterFunc(r.b.s.timeout, func() { r.cancel(errStalled) })
		defer r.stall.Stop()
	} else {
		r.stall.Reset(r.b.s.timeout)
		defer r.stall.Stop()
	}
	if r.from == nil {
		err = r.open()
	}
	if err == nil {
		n, err = r.from.Read(p)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = unavailable(cmp.Or(context.Cause(r.ctx), err))
		r.b.failing.Store(r.from == nil)
	}
	return n, err
}

func (r *objectReader) open() error {
	var o minio.GetObjectOptions
	err := o.SetRange(r.offset, r.offset+r.length-1)
	if err == nil {
		r.from, _, _, err = r.b.core.GetObject(r.ctx, r.b.name, r.b.object(r.body), o)
	}
	return err
}

func (r *objectReader) Close() error {
	r.cancel(nil)
	if r.from != nil {
		return r.from.Close()
	}
	return nil
}

// write sends a body whose size is known in one request, as it comes. Another one is kept in
// memory up to the size of a part, and goes in parts if there is more.
func (b *bucket) write(ctx context.Context, of body, size int64) bodyWriter {
	if size > 0 && size <= maxSinglePut {
		return b.stream(ctx, of, size)
	}
	return &partWriter{b: b, ctx: ctx, body: of}
}

// maxSinglePut is the largest object that one PUT makes (Amazon S3 API reference, PutObject).
const maxSinglePut = 5 << 30

// streamWriter is a PUT on its way.
type streamWriter struct {
	pipe  *io.PipeWriter
	b     *bucket
	stop  context.CancelCauseFunc
	ended chan struct{} // the request has ended
	err   error         // what became of it, once it has
}

func (b *bucket) stream(caller context.Context, of body, size int64) *streamWriter {
	ctx, stop := context.WithCancelCause(caller)
	r, w := io.Pipe()
	s := &streamWriter{pipe: w, b: b, stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		_, err := b.core.Client.PutObject(ctx, b.name, b.object(of), r, size, minio.PutObjectOptions{DisableMultipart: true})
		if err != nil {
			s.err = cmp.Or(caller.Err(), unavailable(cmp.Or(context.Cause(ctx), err)))
		}
		r.Close() // whoever writes more learns what became of it
	}()
	return s
}

var errSlow = errors.New("S3 has stopped receiving")

// bounded does something for as long as S3 may be silent.
func (s *streamWriter) bounded(do func()) {
	stall := time.AfterFunc(s.b.s.timeout, func() {
		s.stop(errSlow)
		s.pipe.CloseWithError(errSlow)
	})
	do()
	stall.Stop()
}

func (s *streamWriter) Write(p []byte) (n int, err error) {
	s.bounded(func() {
		if n, err = s.pipe.Write(p); err != nil { // nobody reads any more
			<-s.ended
			err = cmp.Or(s.err, unavailable(err))
		}
	})
	return n, err
}

func (s *streamWriter) finish() error {
	s.pipe.Close()
	s.bounded(func() { <-s.ended })
	s.stop(nil)
	return s.err
}

func (s *streamWriter) abort() {
	s.stop(context.Canceled)
	s.pipe.CloseWithError(context.Canceled)
	<-s.ended
}

// Parts of a body whose size is not known. They become larger, so that 10,000 of them (Amazon
// S3 User Guide, multipart upload limits) are enough for anything.
const (
	firstPartSize = 8 << 20
	partsPerSize  = 1000
	maxParts      = 10000
)

// partWriter sends parts while the next is being filled.
type partWriter struct {
	b       *bucket
	ctx     context.Context
	body    body
	part    []byte
	upload  string // "": there is none yet
	sent    []minio.CompletePart
	sending chan error // nil: nothing is on its way
	spare   []byte
	next    minio.CompletePart
}

func partSize(number int) int { return firstPartSize << min(number/partsPerSize, 6) }

func (w *partWriter) Write(p []byte) (int, error) {
	for done := 0; done < len(p); {
		size := partSize(len(w.sent))
		if len(w.part) == size {
			if err := w.send(); err != nil {
				return done, err
			}
			continue
		}
		n := min(len(p)-done, size-len(w.part))
		w.part = append(w.part, p[done:done+n]...)
		done += n
	}
	return len(p), nil
}

// send sends the part that is full, once the one before has arrived.
func (w *partWriter) send() error {
	if err := w.wait(); err != nil {
		return err
	}
	if len(w.sent) == maxParts {
		return fmt.Errorf("file of more than %d parts", maxParts)
	}
	if w.upload == "" {
		if err := w.begin(); err != nil {
			return err
		}
	}
	number, part := len(w.sent)+1, w.part
	w.part, w.spare = w.spare[:0], part
	w.sending = make(chan error, 1)
	go func(sending chan error) {
		ctx, cancel := context.WithTimeout(w.ctx, max(w.b.s.timeout, partTimeout))
		defer cancel()
		sent, err := w.b.core.PutObjectPart(ctx, w.b.name, w.b.object(w.body), w.upload, number, bytes.NewReader(part), int64(len(part)), minio.PutObjectPartOptions{})
		w.next = minio.CompletePart{PartNumber: number, ETag: sent.ETag, ChecksumCRC32: sent.ChecksumCRC32, ChecksumCRC32C: sent.ChecksumCRC32C, ChecksumSHA1: sent.ChecksumSHA1, ChecksumSHA256: sent.ChecksumSHA256, ChecksumCRC64NVME: sent.ChecksumCRC64NVME}
		sending <- err
	}(w.sending)
	return nil
}

// partTimeout is the least that a part may take.
const partTimeout = time.Minute

// wait waits for the part that is on its way.
func (w *partWriter) wait() error {
	if w.sending == nil {
		return nil
	}
	err := <-w.sending
	w.sending = nil
	if err != nil {
		return w.fault(err)
	}
	w.sent = append(w.sent, w.next)
	return nil
}

func (w *partWriter) fault(err error) error {
	if w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	return unavailable(err)
}

// begin begins an upload in parts, and notes it for the sweeper.
func (w *partWriter) begin() (err error) {
	ctx, cancel := context.WithTimeout(w.ctx, w.b.s.timeout)
	defer cancel()
	if w.upload, err = w.b.core.NewMultipartUpload(ctx, w.b.name, w.b.object(w.body), minio.PutObjectOptions{}); err != nil {
		return w.fault(err)
	}
	return w.b.s.retry(w.ctx, func(ctx context.Context) error {
		_, err := w.b.s.pool.Exec(ctx, "UPDATE bodies SET upload = $3 WHERE account = $1 AND key = $2", w.body.account, w.body.key, w.upload)
		if err != nil {
			return fault{err}
		}
		return nil
	})
}

func (w *partWriter) finish() error {
	if w.upload == "" {
		return w.whole()
	}
	if len(w.part) > 0 {
		if err := w.send(); err != nil {
			return err
		}
	}
	if err := w.wait(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(w.ctx, max(w.b.s.timeout, partTimeout)) // some servers put it together now
	defer cancel()
	if _, err := w.b.core.CompleteMultipartUpload(ctx, w.b.name, w.b.object(w.body), w.upload, w.sent, minio.PutObjectOptions{}); err != nil {
		return w.fault(err)
	}
	return nil
}

// whole sends a body that fits into one part.
func (w *partWriter) whole() error {
	ctx, cancel := context.WithTimeout(w.ctx, max(w.b.s.timeout, partTimeout))
	defer cancel()
	_, err := w.b.core.Client.PutObject(ctx, w.b.name, w.b.object(w.body), bytes.NewReader(w.part), int64(len(w.part)), minio.PutObjectOptions{DisableMultipart: true})
	if err != nil {
		return w.fault(err)
	}
	return nil
}

func (w *partWriter) abort() {
	if w.sending != nil {
		<-w.sending
	}
	if w.upload != "" {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), releaseTimeout)
		defer cancel()
		w.b.core.AbortMultipartUpload(ctx, w.b.name, w.b.object(w.body), w.upload) // or the sweeper does
	}
}
