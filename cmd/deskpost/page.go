package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"deskpost/store"
	"deskpost/templates"
	"deskpost/web"
	"deskpost/web/api"
)

// pageStops is how long the page may take to answer what it was asked before
// the stop.
const pageStops = 5 * time.Second

// newPage is the page of the desk.
func (a *app) newPage() (*web.Server, error) {
	pages, err := templates.LoadPages()
	if err != nil {
		return nil, err
	}
	programs := &api.Server{Desk: a.desk, Open: a.openFile, Now: a.now, Log: a.log}
	page := &web.Server{Desk: a.desk, Pages: pages, Sessions: a.db.Sessions(a.now), Open: a.openFile, MailHTML: a.mailHTML,
		Blobs: uploads{a.db}, URL: a.settings.Web.URL, API: programs.Handler(), Facts: a.facts, Now: a.now, Log: a.log}
	if p := a.settings.Web.Provider; p.Issuer != "" {
		page.Provider = &web.Provider{Name: p.Name, Issuer: p.Issuer, Client: p.Client, Secret: p.Secret}
	}
	return page, nil
}

// uploads makes the store's blob writer the page's.
type uploads struct{ *store.DB }

func (u uploads) NewBlob(ctx context.Context) web.BlobWriter { return u.DB.NewBlob(ctx) }

// facts are what the page tells of the program.
func (a *app) facts(ctx context.Context) (web.Facts, error) {
	size, err := a.db.Size(ctx)
	return web.Facts{Version: version(), Database: a.settings.Database, Bytes: size, Certificates: a.certs.list()}, err
}

// runPage serves the page until ctx ends, then finishes what it was asked.
func (a *app) runPage(ctx context.Context) error {
	page, err := a.newPage()
	if err != nil {
		return err
	}
	server, err := page.HTTPServer()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", a.settings.Web.Listen)
	if err != nil {
		return fmt.Errorf("listen where [web] listen says: %w", err)
	}
	a.log.Info("the page is up", "url", a.settings.Web.URL, "listen", listener.Addr().String())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), pageStops)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		a.log.Warn("the page was stopped in the middle of an answer", "error", err)
		_ = server.Close() // what it could still say is said above
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
