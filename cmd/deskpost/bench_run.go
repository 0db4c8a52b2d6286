package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
)

// A benchResult is what a bench found. Its JSON is for comparing runs.
type benchResult interface{ print(out io.Writer) }

// printBench measures and prints what was found, for people or as JSON.
func printBench[R benchResult](ctx context.Context, out io.Writer, asJSON bool, measure func(context.Context) (R, error)) error {
	found, err := measure(ctx)
	if ctx.Err() != nil {
		return errors.New("broken off before all was measured")
	}
	if err != nil {
		return err
	}
	if !asJSON {
		found.print(out)
		return nil
	}
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	return enc.Encode(found)
}

// benchSettings writes the config file of a bench into its folder and loads it as
// serve would. Only what came from the command line, by the given options, can be
// wrong in it.
func benchSettings(dir, config, options string) (*settings, error) {
	path := filepath.Join(dir, "deskpost.toml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return nil, fmt.Errorf("write the config of the bench: %w", err)
	}
	s, err := settingsFrom(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", options, err)
	}
	return s, nil
}

// assembleEmpty puts the program together on a database in which there is no desk
// yet: what is measured would depend on it, and its mail would go out.
func assembleEmpty(ctx context.Context, s *settings, log *slog.Logger) (*app, error) {
	a, err := assemble(ctx, s, log)
	if err != nil {
		return nil, err
	}
	known, err := a.desk.Outcomes(ctx)
	if err == nil && len(known) > 0 {
		err = errors.New("--database: there is a desk in it already; name an empty database")
	}
	if err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}
