package main

import (
	"go/ast"
	"slices"
	"strconv"
	"testing"

	"deskpost/ticket/failpoint"
)

// TestStepsAreListed keeps the list of the steps at which a build for tests may
// die, and the calls that mark them, alike: a name that is not in the list can
// not be asked for, and one that is in no code would prove nothing.
func TestStepsAreListed(t *testing.T) {
	marked := map[string]int{}
	for _, files := range productFiles(t) {
		for path, file := range files {
			ast.Inspect(file, func(n ast.Node) bool {
				name, ok := stepOf(n)
				if !ok {
					return true
				}
				marked[name]++
				if _, listed := failpoint.Steps[name]; !listed {
					t.Errorf("%s marks the step %q, which is not in failpoint.Steps", path, name)
				}
				return true
			})
		}
	}
	for name := range failpoint.Steps {
		if marked[name] == 0 {
			t.Errorf("the step %q is listed and marked nowhere", name)
		}
	}
}

// stepOf is the name of the step that a call marks.
func stepOf(n ast.Node) (name string, ok bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return "", false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains([]string{"Here", "Reader", "Writer"}, f.Sel.Name) {
		return "", false
	}
	if pkg, ok := f.X.(*ast.Ident); !ok || pkg.Name != "failpoint" {
		return "", false
	}
	word, ok := call.Args[0].(*ast.BasicLit)
	if !ok {
		return "", false
	}
	name, err := strconv.Unquote(word.Value)
	return name, err == nil
}
