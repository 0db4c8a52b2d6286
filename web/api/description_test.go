package api

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"deskpost/ticket"
)

// described is openapi.json, closed: where the file lets later versions add fields,
// here a field that it does not describe is a fault.
type described struct {
	paths    map[string]any
	patterns map[string]*regexp.Regexp // by path
	compiler *jsonschema.Compiler
}

const docURL = "https://desk.example/openapi.json"

func newDescribed(t testing.TB) *described {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(description))
	if err != nil {
		t.Fatal(err)
	}
	closeObjects(doc)
	d := &described{paths: doc.(map[string]any)["paths"].(map[string]any), patterns: map[string]*regexp.Regexp{}, compiler: jsonschema.NewCompiler()}
	for path := range d.paths {
		pattern := regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, "[^/]+")
		d.patterns[path] = regexp.MustCompile("^" + Prefix + strings.ReplaceAll(pattern, ".", `\.`) + "$")
	}
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource(docURL, doc); err != nil {
		t.Fatal(err)
	}
	return d
}

func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, object := v["properties"].(map[string]any); object && v["type"] == "object" && v["additionalProperties"] == nil {
			v["additionalProperties"] = false
		}
		for _, inner := range v {
			closeObjects(inner)
		}
	case []any:
		for _, inner := range v {
			closeObjects(inner)
		}
	}
}

// validate demands that a text is what the schema at a place of the description says.
func (d *described) validate(t testing.TB, text string, place ...string) {
	t.Helper()
	for i, step := range place {
		place[i] = strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(step)
	}
	schema, err := d.compiler.Compile(docURL + "#/" + strings.Join(place, "/"))
	if err != nil {
		t.Errorf("%v: %v", place, err)
		return
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Errorf("%v: %v in %s", place, err, text)
	}
}

// check demands that an answer is one that the description has for the request.
func (d *described) check(t testing.TB, r *http.Request, body string, g got) {
	t.Helper()
	path := ""
	for name, pattern := range d.patterns {
		if pattern.MatchString(r.URL.EscapedPath()) && (path == "" || !strings.Contains(name, "{")) {
			path = name
		}
	}
	method := strings.ToLower(r.Method)
	if method == "head" {
		return
	}
	operations, _ := d.paths[path].(map[string]any)
	operation, known := operations[method].(map[string]any)
	if !known {
		if g.status != 404 && g.status != 405 {
			t.Errorf("%s %s is not described, and answers %d", r.Method, r.URL, g.status)
		}
		d.validate(t, g.body, "components", "schemas", "Problem")
		return
	}
	place := []string{"paths", path, method, "responses", strconv.Itoa(g.status)}
	response, ok := operation["responses"].(map[string]any)[strconv.Itoa(g.status)].(map[string]any)
	if !ok {
		t.Errorf("%s %s answers %d, which is not described", r.Method, path, g.status)
		return
	}
	if to, shared := response["$ref"].(string); shared {
		place = strings.Split(strings.TrimPrefix(to, "#/"), "/")
		response = d.response(place)
	}
	kind := g.header.Get("Content-Type")
	content, _ := response["content"].(map[string]any)
	headers, _ := response["headers"].(map[string]any)
	for header := range headers {
		if g.header.Get(header) == "" && header != "Link" && header != "WWW-Authenticate" {
			t.Errorf("%s %s answers %d without %s", r.Method, path, g.status, header)
		}
	}
	if _, any := content["*/*"]; any || g.status == http.StatusNotModified {
		return
	}
	if _, ok := content[kind]; !ok {
		t.Errorf("%s %s answers %d as %q, which is not described", r.Method, path, g.status, kind)
		return
	}
	d.validate(t, g.body, append(place, "content", kind, "schema")...)
	if operation["requestBody"] != nil && g.status < 300 {
		d.validate(t, body, "paths", path, method, "requestBody", "content", "application/json", "schema")
	}
}

// response is a response that several operations share.
func (d *described) response(place []string) map[string]any {
	var doc map[string]any
	if err := json.Unmarshal(description, &doc); err != nil {
		panic(err)
	}
	var at any = doc
	for _, step := range place {
		at = at.(map[string]any)[step]
	}
	return at.(map[string]any)
}

// TestEveryRouteIsDescribed, and nothing else.
func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	d := newDescribed(t)
	var served, written []string
	for _, r := range (&Server{}).routes() {
		served = append(served, r.method+" "+r.path)
		operation, _ := d.paths[r.path].(map[string]any)[strings.ToLower(r.method)].(map[string]any)
		var scopes []string
		security, _ := operation["security"].([]any)
		for _, s := range security {
			for _, scope := range s.(map[string]any)["token"].([]any) {
				scopes = append(scopes, scope.(string))
			}
		}
		if want := string(r.scope); len(security) == 0 != (r.scope == open) || r.scope != open && strings.Join(scopes, " ") != want {
			t.Errorf("%s %s needs %q, and is described with %q", r.method, r.path, r.scope, scopes)
		}
	}
	for path, operations := range d.paths {
		for method := range operations.(map[string]any) {
			if method != "parameters" {
				written = append(written, strings.ToUpper(method)+" "+path)
			}
		}
	}
	slices.Sort(served)
	slices.Sort(written)
	if !slices.Equal(served, written) {
		t.Errorf("served:    %q\ndescribed: %q", served, written)
	}
}

// TestEveryFieldIsDescribed compares the fields of what is written as JSON with the
// schemas, also those that no test happens to fill.
func TestEveryFieldIsDescribed(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]any{
		"Ticket": ticket.Snapshot{}, "TicketDetail": ticketBody{}, "TicketList": listBody{}, "Person": ticket.Address{}, "Participant": participantBody{},
		"Clock": clockBody{}, "Thread": threadBody{}, "Item": itemBody{}, "Entry": entryBody{}, "File": fileBody{}, "Delivery": deliveryBody{}, "Me": meBody{},
		"Choices": ticket.Choices{}, "Named": ticket.NamedChoice{}, "NewTicket": openBody{}, "Commands": commandBody{}, "Transcript": ticket.Transcript{}, "Problem": problemBody{},
	} {
		schema := newDescribed(t).response([]string{"components", "schemas", name})
		var required []string
		list, _ := schema["required"].([]any)
		for _, field := range list {
			required = append(required, field.(string))
		}
		fields := fieldsOf(reflect.TypeOf(body))
		for _, field := range slices.Sorted(maps.Keys(fields)) {
			if _, ok := schema["properties"].(map[string]any)[field]; !ok {
				t.Errorf("%s: the field %q is not described", name, field)
			}
			if always := fields[field]; always != slices.Contains(required, field) && name != "Commands" {
				t.Errorf("%s: the field %q is required: %v, and it is always there: %v", name, field, !always, always)
			}
		}
		for field := range schema["properties"].(map[string]any) {
			if _, ok := fields[field]; !ok {
				t.Errorf("%s: there is no field %q", name, field)
			}
		}
	}
}

// fieldsOf are the names of a struct's fields in JSON, and whether they are always
// there.
func fieldsOf(of reflect.Type) map[string]bool {
	fields := map[string]bool{}
	for f := range of.Fields() {
		if f.Anonymous {
			maps.Copy(fields, fieldsOf(f.Type))
			continue
		}
		name, more, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields[name] = more == ""
	}
	return fields
}

// TestExamples: what the description shows is what may be sent.
func TestExamples(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	token, n := p.token("jane", ticket.ScopeWrite), p.mail("Can not log in", "text")
	tried := 0
	for path, operations := range p.doc.paths {
		for method, operation := range operations.(map[string]any) {
			o, ok := operation.(map[string]any)
			if !ok || o["requestBody"] == nil {
				continue
			}
			example, err := json.Marshal(o["requestBody"].(map[string]any)["content"].(map[string]any)["application/json"].(map[string]any)["example"])
			if err != nil {
				t.Fatal(err)
			}
			g := p.ask(strings.ToUpper(method), Prefix+strings.ReplaceAll(path, "{number}", strconv.Itoa(int(n))), token, string(example))
			if g.status >= 300 {
				t.Errorf("the example of %s: %d %s", path, g.status, g.body)
			}
			tried++
		}
	}
	if tried != 2 {
		t.Errorf("%d examples", tried)
	}
}
