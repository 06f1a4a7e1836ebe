package sitelog

import (
	"log"
	"log/slog"
	"net/netip"
	"strings"

	"github.com/cgpkit/cgpkit/filestore"
)

// ErrorLog returns the ErrorLog of an http.Server: its messages become constant
// ones, with remote and err.
func ErrorLog(logger *slog.Logger) *log.Logger { return log.New(errorLog{logger}, "", 0) }

type errorLog struct{ *slog.Logger }

// Write implements io.Writer.
func (l errorLog) Write(p []byte) (int, error) {
	text := strings.TrimSpace(string(p))
	if rest, ok := strings.CutPrefix(text, "http: TLS handshake error from "); ok {
		remote, err, _ := strings.Cut(rest, ": ")
		if ap, bad := netip.ParseAddrPort(remote); bad == nil {
			remote = ap.Addr().Unmap().String()
		}
		l.Info("TLS handshake failed", "remote", remote, "err", err)
		return len(p), nil
	}
	l.Warn("HTTP connection failed", "err", filestore.Clip(text, 8<<10))
	return len(p), nil
}
