// Package sitelog keeps the logs of a server in bounds, whatever strangers send,
// and writes access logs.
//
//	handler := sitelog.New(slog.NewTextHandler(os.Stderr, nil), nil)
//	defer handler.Close()
//	logger := slog.New(handler)
//	site := &httpsite.Handler{Views: views, Logger: logger.With("service", "http")}
//
// # One shape
//
// Messages are constant; what differs is in attributes, with the same keys in all
// protocols:
//
//	service   http, https, ftp, tftp, cli: the host sets it
//	remote    address of the client, without a port
//	account   address of the account
//	op        method, verb or command
//	name      of a file, with * for share keys
//	code      of the reply
//	err       what went wrong; a refused login has reason
//	count     how many records this one stands for
//
// A failed login is one record, that of the directory, which knows the reason.
package sitelog
