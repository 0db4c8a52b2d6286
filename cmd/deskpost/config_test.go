package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"deskpost/inbound"
	"deskpost/ticket"
	"deskpost/ticket/calendar"
	"deskpost/ticket/sla"
)

var update = flag.Bool("update", false, "write the golden files and generated pages anew")

// configDir makes a directory with the secrets that the test configs name.
func configDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, file := range map[string]struct {
		text string
		mode fs.FileMode
	}{
		"support.password": {"s3cret\n", 0o600},
		"webhook.secret":   {"whsec_ZGVza3Bvc3QgdGVzdHMga25vdyB0aGlzIHNlY3JldA==\n", 0o600},
		"open.password":    {"s3cret\n", 0o644},
		"empty.password":   {"\n", 0o600},
		"lines.password":   {"one\ntwo\n", 0o600},
		"holidays.ics":     {icsFile("DTSTART;VALUE=DATE:20260403\nSUMMARY:Good Friday"), 0o644},
		"broken.ics":       {icsFile("DTSTART:tomorrow\nSUMMARY:Soon"), 0o644},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(file.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, file.mode); err != nil { // WriteFile leaves it to the umask
			t.Fatal(err)
		}
	}
	return dir
}

// source is a config as it would be read from dir, with an environment that
// does not depend on the machine.
func source(dir, text string) configSource {
	env := map[string]string{"SUPPORT_PASSWORD": "s3cret", "CREDENTIALS_DIRECTORY": dir}
	return configSource{path: filepath.Join(dir, "deskpost.toml"), data: []byte(text), mode: 0o640,
		env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
}

// TestBadConfigs holds each broken config to the exact faults it must be
// refused for.
func TestBadConfigs(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/config/*.toml")
	if err != nil || len(cases) < 25 {
		t.Fatalf("found %d configs, error %v", len(cases), err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".toml"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			dir := configDir(t)
			src := source(dir, string(text))
			if strings.HasSuffix(path, "literal-open.toml") {
				src.mode = 0o644
			}
			s, err := parseConfig(src)
			faults, ok := errors.AsType[configFaults](err)
			if !ok || s != nil {
				t.Fatalf("got settings %v and error %v, want faults", s != nil, err)
			}
			got := strings.NewReplacer(dir+"/", "", dir, ".").Replace(faults.Error()) + "\n"
			for _, leak := range []string{"hunter2", "ter2", "s3cret", "12345"} {
				if strings.Contains(got, leak) {
					t.Errorf("a password is printed: %s", got)
				}
			}
			golden(t, strings.TrimSuffix(path, ".toml")+".want", got)
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got; -update writes it anew):\n%s", path, diff)
	}
}

// fullConfig sets every key to something else than its default.
const fullConfig = `
zone = "America/New_York"
database = "postgres://desk@db.bank.example/desk?sslmode=verify-full"
database_password = "file:support.password"
node = "desk-1"
blobs = "s3://deskpost/raw/mail?endpoint=http://s3.lan:9000&region=eu-central-1&new=database"
blobs_key = "file:support.password"
blobs_secret = "file:support.password"
blobs_allow_insecure = true
free_space = "1GiB"
control = "/run/deskpost/control"

[mailbox.support]
address = "Support@bank.example"
department = "support"
url = "imap+starttls://support@bank.example@imap.bank.example:1143/Post%20in/neu"
password = "file:support.password"
after = "move:Done"
delete_after = "60d"
backlog = "2026-01-31"
poll = "1m30s"
idle = "4m"

[mailbox.local]
address = "local@bank.example"
department = "online-banking"
url = "imap+insecure://u@127.0.0.1"
password = "hunter2"
after = "keep"
backlog = "all"

[relay.main]
url = "smtp+insecure://relay.lan"
hello = "desk.bank.example"
allow_insecure = true

[department.support]
name = "Support"
address = "support@bank.example"
parent = "online-banking"
signature = """
Yours
Support"""
lead = "jane"
plan = "sev-a"
calendar = "night"
reopen_closed = false
assign = "least-busy"
tell_customer = ["transfer", "message"]
after_reply = "papers"
close_after = "5d"
remind_pending = "3d"
pending_requires_reply = true
portal = false
rating = false
language = "de"

[department.online-banking]
name = "Online Banking"
address = "online-banking@bank.example"

[agent.jane]
name = "Jane Doe"
emails = ["jane@bank.example", "jd@bank.example"]
access = { support = "agent", online-banking = "expanded" }
disabled = true
reply_as = "note"
transcript = "errors"
notify = { new = "all", message = "none", reply = "all", note = "none", transfer = "none" }
calendar = "night"
deputy = "mary"
daily_plan = "06:30"

[agent.mary]
name = "Mary Major"
emails = ["mary@bank.example"]

[role.expanded]
rights = ["read", "ban"]

[team.network]
name = "Network"
members = ["jane"]
lead = "jane"
departments = ["support"]

[status.papers]
name = "Waiting for papers"
of = "pending"

[plan.sev-a]
name = "Sev-A"
calendar = "night"
pause_on = ["papers", "snooze"]
pause_first = true
on_reopen = "restart"
on_change = "carry"
targets.p1 = { first = "1h", next = "2h", resolve = "8h", keep = "1d" }

[plan.sev-a.targets.P3]
resolve = "10d"

[plan.sev-a.steps.warn]
metric = "first"
at = "75%"
expires = "30m"
wake = true
do = ["mail:jane,lead,boss@bank.example", "priority:p2", "tag:+late", "field:customer-no=K-17"]

[plan.sev-a.steps.nag]
metric = "*"
at = "+2hR"
repeat = "4h"
max = 5
do = ["mail:assignee,team,manager", "status:open", "dept:support", "unassign", "team:none", "note:Late: look at it", "macro:move", "webhook:chat"]

[calendar.night]
zone = "Asia/Tokyo"
week = ["daily 22:00-06:00"]
holidays = ["12-25 Christmas Day"]
holidays_file = "holidays.ics"
extras = ["2026-12-25 08:00-10:00"]

[sla]
calendar = "night"
sweep = "@every 1m"
catchup_wait = "5m"

[field.customer-no]
name = "Customer number"
pattern = "K-[0-9]+"
min = "4"
max = "12"
required_to = "resolve"
departments = ["support"]
customer = true

[field.contract]
name = "Contract"
type = "choice"
choices = ["Gold", "Silver"]
required_to = "close"

[canned.reset]
name = "VPN reset"
text = """
Dear {{first_name|customer}},
{{field:customer-no}}"""
departments = ["support"]

[macro.move]
name = "Move it"
commands = ["#p1", "#dept online-banking", "#canned reset"]
text = "Dear {{first_name|customer}}, we move your ticket {{number}}."
automatic = true
departments = ["support"]

[webhook.chat]
url = "http://chat.lan:8080/hooks/1"
secret = "file:webhook.secret"
events = ["opened", "step"]
departments = ["support"]
max_age = "2d"
allow_private = true

[desk]
priorities = ["P3", "P2", "P1"]
default_priority = "P2"
reopen_window = "1d12h"
close_after = "14d"
close_warning = "2d"
thanks = false
weekly_report = "30 6 1 * *"
language = "fr"

[commands]
near_miss = "warn"
token_days = 30
draft_days = 3

[mail]
authserv_id = "mx.bank.example"
acknowledge = "never"
admins = ["jane"]
max_size = "10MiB"
old_mail = "2d"
separator = "="
echo = "support@BANK.example"
retry = ["2m", "1h"]
tell_at = "12h"
give_up = "3d"
send_delay = "30s"
cap_address_hour = 1
cap_address_day = 2
cap_ticket_day = 3
cap_system_hour = 4
cap_sender_hour = 6
cap_reopen_hour = 7
cap_agent_burst = 5
daily_plan = "0 8 * * *"

[web]
listen = "127.0.0.1:8025"
url = "https://desk.bank.example/"
portal = true
second_factor = "required"
oidc_issuer = "https://accounts.bank.example"
oidc_client = "desk"
oidc_secret = "file:support.password"
oidc_name = "Bank account"

[log]
level = "warn"
format = "text"
`

func parse(t *testing.T, src configSource) *settings {
	t.Helper()
	s, err := parseConfig(src)
	if err != nil {
		t.Fatalf("parse config:\n%v", err)
	}
	return s
}

func TestFullConfigPolicy(t *testing.T) {
	t.Parallel()
	s := parse(t, source(configDir(t), fullConfig))
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	want := &ticket.Policy{
		Zone: zone, Language: "fr",
		Departments: map[string]ticket.Department{
			"support": {Key: "support", Name: "Support", Address: ticket.Address{Name: "Support", Email: "support@bank.example"}, Parent: "online-banking",
				Signature: "Yours\nSupport", Lead: "jane", Plan: "sev-a", Calendar: "night", Assign: ticket.AssignLeastBusy, TellCustomer: []ticket.Option{ticket.TellTransfer, ticket.TellMessage}, AfterReply: ticket.State{Status: ticket.Pending, Substatus: "papers"}, Language: "de",
				CloseAfter: 5 * day, CloseWarning: 2 * day, RemindPending: 3 * day, PendingRequiresReply: true},
			"online-banking": {Key: "online-banking", Name: "Online Banking", ReopenClosed: true, Assign: ticket.AssignNone, AfterReply: ticket.State{Status: ticket.Open}, Language: "auto", Portal: true, Rating: true, CloseAfter: 14 * day, CloseWarning: 2 * day,
				Address: ticket.Address{Name: "Online Banking", Email: "online-banking@bank.example"}},
		},
		Agents: map[string]ticket.Agent{"jane": {Key: "jane", Name: "Jane Doe",
			Emails: []string{"jane@bank.example", "jd@bank.example"}, Disabled: true,
			Access:  map[string]string{"support": "agent", "online-banking": "expanded"},
			ReplyAs: ticket.Note, Transcript: ticket.TranscriptErrors, Calendar: "night", Deputy: "mary", DailyPlan: cronText("30 6 * * * Asia/Tokyo night"),
			Notify: map[ticket.NoticeKind]ticket.Wish{ticket.NoticeNew: ticket.WishAll, ticket.NoticeMessage: ticket.WishNone,
				ticket.NoticeReplied: ticket.WishAll, ticket.NoticeNote: ticket.WishNone, ticket.NoticeTransferred: ticket.WishNone}},
			"mary": {Key: "mary", Name: "Mary Major", Emails: []string{"mary@bank.example"}, ReplyAs: ticket.Reply, Transcript: ticket.TranscriptAlways,
				DailyPlan: cronText("0 8 * * * America/New_York")}},
		Roles: map[string]ticket.Role{"all": ticket.Roles()[0], "agent": ticket.AgentRole, "limited": ticket.Roles()[3], "view": ticket.Roles()[4],
			"expanded": {Key: "expanded", Rights: []ticket.Right{ticket.MayRead, ticket.MayBan}}},
		Teams:       map[string]ticket.Team{"network": {Key: "network", Name: "Network", Members: []string{"jane"}, Lead: "jane", Departments: []string{"support"}}},
		Substatuses: map[string]ticket.Substatus{"papers": {Key: "papers", Name: "Waiting for papers", Of: ticket.Pending}},
		Plans: map[string]ticket.Plan{"sev-a": {Key: "sev-a", Name: "Sev-A", Calendar: "night",
			PauseOn: []string{"papers", "snooze"}, PauseFirst: true, OnReopen: sla.ReopenRestart, OnChange: sla.Carry,
			Targets: map[string]sla.Target{"P1": {First: time.Hour, Next: 2 * time.Hour, Resolve: 8 * time.Hour, Keep: day}, "P3": {Resolve: 10 * day}},
			Steps: []sla.Step{
				{Key: "warn", Metric: sla.First, At: sla.Point{IsPart: true, Percent: 75}, Expires: 30 * time.Minute, Wake: true,
					Do: []string{"mail:jane,lead,boss@bank.example", "priority:p2", "tag:+late", "field:customer-no=K-17"}},
				{Key: "nag", Metric: sla.Every, At: sla.Point{Offset: 2 * time.Hour, Real: true}, Repeat: 4 * time.Hour, Max: 5,
					Do: []string{"mail:assignee,team,manager", "status:open", "dept:support", "unassign", "team:none", "note:Late: look at it", "macro:move", "webhook:chat"}}}}},
		Calendars: calendars(t), Calendar: "night",
		Fields: []ticket.Field{
			{Key: "customer-no", Name: "Customer number", Type: ticket.TextField, Pattern: regexp.MustCompile("^(?:K-[0-9]+)$"), Min: "4", Max: "12",
				RequiredTo: ticket.Resolved, Departments: []string{"support"}, Customer: true},
			{Key: "contract", Name: "Contract", Type: ticket.ChoiceField, Choices: []string{"Gold", "Silver"}, RequiredTo: ticket.Closed}},
		Mailboxes: map[string]ticket.Mailbox{
			"support": {Key: "support", Address: ticket.Address{Email: "Support@bank.example"}, Department: "support", Poll: 90 * time.Second},
			"local":   {Key: "local", Address: ticket.Address{Email: "local@bank.example"}, Department: "online-banking", Poll: 5 * time.Minute},
		},
		Canned: map[string]ticket.Canned{"reset": {Key: "reset", Name: "VPN reset", Departments: []string{"support"},
			Text: "Dear {{first_name|customer}},\n{{field:customer-no}}"}},
		Webhooks: map[string]ticket.Webhook{"chat": {Key: "chat", Host: "chat.lan:8080", Events: []ticket.EventKind{ticket.TicketOpened, ticket.StepReached},
			Departments: []string{"support"}, MaxAge: 48 * time.Hour}},
		Macros: map[string]ticket.Macro{"move": {Key: "move", Name: "Move it", Commands: []string{"#p1", "#dept online-banking", "#canned reset"},
			Text: "Dear {{first_name|customer}}, we move your ticket {{number}}.", Automatic: true, Departments: []string{"support"}}},
		Priorities: []string{"P3", "P2", "P1"}, DefaultPriority: "P2", Admins: []string{"jane"},
		Page: "https://desk.bank.example", Portal: true, SecondFactor: true, Sweep: time.Minute, CatchupWait: 5 * time.Minute, WeeklyReport: cronText("30 6 1 * * America/New_York"),
		Acknowledge: ticket.AckNever, ReopenWindow: 36 * time.Hour, TokenLife: 30 * day, DraftLife: 3 * day, SendDelay: 30 * time.Second,
		OldMail: 2 * day, NearMiss: ticket.NearMissWarn, Separator: "=", Echo: "support",
		Caps: ticket.Caps{AddressHour: 1, AddressDay: 2, TicketDay: 3, SystemHour: 4, SenderHour: 6, ReopenHour: 7, AgentBurst: 5},
		Retries: ticket.Retries{Delays: []time.Duration{2 * time.Minute, time.Hour}, TellAt: 12 * time.Hour,
			GiveUp: 3 * day},
	}
	byName := cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })
	byRevision := cmp.Comparer(func(a, b *calendar.Calendar) bool { return a.Key() == b.Key() && a.Revision() == b.Revision() })
	byText := cmp.Comparer(func(a, b *regexp.Regexp) bool { return a == b || a != nil && b != nil && a.String() == b.String() })
	bySchedule := cmp.Transformer("schedule", func(s ticket.Schedule) string {
		words := strings.Fields(fmt.Sprint(s))
		return strings.Join(words[:min(len(words), 7)], " ") // without the revision of a calendar
	})
	if diff := cmp.Diff(want, s.Policy, byName, byRevision, byText, bySchedule); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
}

// cronText is a schedule of which only the text is known.
type cronText string

// Next implements ticket.Schedule.
func (cronText) Next(time.Time) time.Time { return time.Time{} }

// calendars are those of the full config.
func calendars(t *testing.T) map[string]*calendar.Calendar {
	t.Helper()
	all := map[string]*calendar.Calendar{}
	for _, def := range []calendar.Definition{
		{Key: "24x7", Zone: zone(t, "America/New_York"), Week: calendar.Always()},
		{Key: "night", Zone: zone(t, "Asia/Tokyo"), Extras: []calendar.Extra{{Date: calendar.Date{Year: 2026, Month: 12, Day: 25}, Hours: calendar.Interval{From: 480, To: 600}}},
			Holidays: []calendar.Holiday{{Date: calendar.Date{Month: 12, Day: 25}, Name: "Christmas Day"}, {Date: calendar.Date{Year: 2026, Month: 4, Day: 3}, Name: "Good Friday"}}},
	} {
		for d := range def.Week {
			if def.Key == "night" {
				def.Week[d] = []calendar.Interval{{From: 0, To: 360}, {From: 1320, To: 1440}}
			}
		}
		made, err := calendar.New(def)
		if err != nil {
			t.Fatal(err)
		}
		all[def.Key] = made
	}
	return all
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestFullConfigServers(t *testing.T) {
	t.Parallel()
	dir := configDir(t)
	s := parse(t, source(dir, fullConfig))
	wantMailboxes := []mailboxSettings{
		{Key: "local", Address: "local@bank.example", After: inbound.After{Action: inbound.AfterKeep, Delay: 30 * day},
			Endpoint: endpoint{Security: plaintext, Host: "127.0.0.1", Port: 143, User: "u", Folder: "INBOX"},
			Backlog:  inbound.Backlog{All: true}, Poll: 5 * time.Minute, Idle: 9 * time.Minute},
		{Key: "support", Address: "Support@bank.example", After: inbound.After{Action: inbound.AfterMove, Folder: "Done", Delay: 60 * day},
			Endpoint: endpoint{Security: startTLS, Host: "imap.bank.example", Port: 1143, User: "support@bank.example",
				Folder: "Post in/neu"},
			Backlog: inbound.Backlog{Since: time.Date(2026, 1, 31, 5, 0, 0, 0, time.UTC)},
			Poll:    90 * time.Second, Idle: 4 * time.Minute},
	}
	funcs := cmpopts.IgnoreFields(mailboxSettings{}, "Password")
	if diff := cmp.Diff(wantMailboxes, s.Mailboxes, funcs); diff != "" {
		t.Errorf("mailboxes (-want +got):\n%s", diff)
	}
	wantRelay := relaySettings{Key: "main", Hello: "desk.bank.example",
		Endpoint: endpoint{Security: plaintext, Host: "relay.lan", Port: 25}}
	if diff := cmp.Diff(wantRelay, s.Relay); diff != "" {
		t.Errorf("relay (-want +got):\n%s", diff)
	}
	if want := "postgres://desk@db.bank.example/desk?sslmode=verify-full"; s.Database != want {
		t.Errorf("database %q, want %q", s.Database, want)
	}
	if s.Node != "desk-1" {
		t.Errorf("node %q", s.Node)
	}
	if s.FreeSpace != 1<<30 || s.Control != "/run/deskpost/control" || s.AuthservID != "mx.bank.example" || s.MaxSize != 10<<20 || s.Echo != "support@BANK.example" ||
		s.Log.Level.String() != "WARN" || s.Log.Format != "text" || s.Web.Listen != "127.0.0.1:8025" || s.Web.URL != "https://desk.bank.example" || !s.Web.Portal || !s.Web.SecondFactor {
		t.Errorf("got %q, %d, %q, %v", s.AuthservID, s.MaxSize, s.Echo, s.Log)
	}
	provider := s.Web.Provider
	if text, err := provider.Secret(); err != nil || text != "s3cret" || provider.Issuer != "https://accounts.bank.example" || provider.Client != "desk" || provider.Name != "Bank account" {
		t.Errorf("provider: %+v, %v", provider, err)
	}
	hook := s.Webhooks["chat"]
	if text, err := hook.Secret(); err != nil || !strings.HasPrefix(text, "whsec_") || hook.URL != "http://chat.lan:8080/hooks/1" || !hook.AllowPrivate || hook.CAs != nil {
		t.Errorf("webhook: %+v, %v", hook, err)
	}
	for i, want := range []string{"hunter2", "s3cret"} {
		if got, err := s.Mailboxes[i].Password(); got != want || err != nil {
			t.Errorf("password of %s: %q, %v", s.Mailboxes[i].Key, got, err)
		}
	}
}

func TestBlobs(t *testing.T) {
	t.Parallel()
	dir := configDir(t)
	got := parse(t, source(dir, fullConfig)).Blobs
	want := &blobsSettings{URL: "s3://deskpost/raw/mail?endpoint=http://s3.lan:9000&region=eu-central-1&new=database",
		Endpoint: "s3.lan:9000", Plain: true, Region: "eu-central-1", Bucket: "deskpost", Prefix: "raw/mail", ToDatabase: true}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(blobsSettings{}, "Key", "Secret")); diff != "" {
		t.Errorf("blobs (-want +got):\n%s", diff)
	}
	for name, secret := range map[string]func() (string, error){"key": got.Key, "secret": got.Secret} {
		if text, err := secret(); text != "s3cret" || err != nil {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if s := parse(t, source(dir, sampleConfig())); s.Blobs != nil {
		t.Errorf("the sample has a bucket: %+v", s.Blobs)
	}
	for text, want := range map[string]blobsSettings{
		"s3://desk?endpoint=https://s3.bank.example":             {Endpoint: "s3.bank.example", Region: "us-east-1", Bucket: "desk"},
		"s3://desk/?endpoint=http://127.0.0.1:9000/&new=bucket":  {Endpoint: "127.0.0.1:9000", Plain: true, Region: "us-east-1", Bucket: "desk"},
		"s3://desk.x/a/b/?endpoint=http://[::1]:9000&region=eu1": {Endpoint: "[::1]:9000", Plain: true, Region: "eu1", Bucket: "desk.x", Prefix: "a/b"},
	} {
		got, err := parseBlobs(text, false)
		if want.URL = text; err != nil {
			t.Errorf("%s: %v", text, err)
		} else if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestBlobsFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"/var/lib/mail":                        `want "database", or the URL of a bucket`,
		"s3:desk":                              `want "database", or the URL of a bucket`,
		"s3://k:hunter2@desk":                  "the URL holds a key; move it to blobs_key",
		"s3://desk\x7f":                        "cannot be read",
		"s3://de/mail":                         "is not the name of a bucket",
		"s3://Desk/mail":                       "is not the name of a bucket",
		"s3://desk/a//b":                       "the prefix behind the bucket must be",
		"s3://desk/a/../b":                     "the prefix behind the bucket must be",
		"s3://desk/ä":                          "the prefix behind the bucket must be",
		"s3://desk/a#b":                        "has a #",
		"s3://desk/a":                          "add its endpoint",
		"s3://desk/a?endpoint=s3.lan":          "must be such as https://",
		"s3://desk/a?endpoint=ftp://a":         "must be such as https://",
		"s3://desk?endpoint=https://a/b":       "ends after its port",
		"s3://desk?endpoint=https://hunter2@a": "ends after its port",
		"s3://desk?endpoint=http://s3.lan":     "s3.lan is not this machine; write endpoint=https://..., or blobs_allow_insecure = true",
		"s3://desk?endpoint=https://a&endpoint=https://b": "stands twice",
		"s3://desk?endpoint=https://a&secret=hunter2":     `"secret" is not a parameter`,
		"s3://desk?endpoint=https://a&region=EU west":     "is not a region",
		"s3://desk?endpoint=https://a&new=disk":           "write new=database",
		"s3://desk?endpoint=https://a;b":                  "what follows the ? cannot be read",
	} {
		_, err := parseBlobs(text, false)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v; want %q", text, err, want)
		}
	}
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	dir := configDir(t)
	if got, err := parse(t, source(dir, fullConfig)).DatabasePassword(); got != "s3cret" || err != nil {
		t.Errorf("password of the database: %q, %v", got, err)
	}
	for value, want := range map[string]string{
		"sqlite:desk.db":              "sqlite:" + filepath.Join(dir, "desk.db"),
		"sqlite:/var/lib/x/./desk.db": "sqlite:/var/lib/x/desk.db",
		"postgres:///desk":            "postgres:///desk",
		"postgresql://u@[::1]:99/a":   "postgresql://u@[::1]:99/a",
	} {
		s := parse(t, source(dir, strings.Replace(sampleConfig(), "#database = ", "database = \""+value+"\" # ", 1)))
		if s.Database != want || s.DatabasePassword != nil {
			t.Errorf("%s became %s, with a password: %t", value, s.Database, s.DatabasePassword != nil)
		}
	}
}

// TestFullConfigIsFull keeps fullConfig from falling behind the structs.
func TestFullConfigIsFull(t *testing.T) {
	t.Parallel()
	got := parse(t, source(configDir(t), fullConfig)).raw.flatten()
	index, _ := indexTOML([]byte(fullConfig))
	for key, value := range defaultConfig(index).flatten() {
		if strings.HasPrefix(key, "mailbox.local.") || strings.HasPrefix(key, "department.online-banking.") || strings.HasPrefix(key, "agent.mary.") ||
			strings.HasSuffix(key, ".ca_file") || strings.HasSuffix(key, ".allow_insecure") ||
			key == "field.customer-no.type" || key == "field.customer-no.choices" || strings.HasPrefix(key, "field.contract.") ||
			key == "relay.main.password" || key == "blobs_ca_file" {
			continue
		}
		if cmp.Equal(value, got[key], cmp.AllowUnexported(secret{})) {
			t.Errorf("%s is at its default", key)
		}
	}
}

func TestLoadConfigFiles(t *testing.T) {
	t.Parallel()
	dir := configDir(t)
	path := filepath.Join(dir, "deskpost.toml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("\ufeff" + strings.ReplaceAll(fullConfig, "\n", "\r\n"))
	if _, err := loadConfig(path); err != nil {
		t.Errorf("with byte order mark and CRLF:\n%v", err)
	}
	write(strings.Repeat("#", maxConfig+1))
	for at, want := range map[string]string{path: "larger than 1 MiB", dir: "not a regular file",
		filepath.Join(dir, "nowhere.toml"): "no such file"} {
		if _, err := loadConfig(at); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("load %s: %v, want %q", at, err, want)
		}
	}
}

func TestManyWrongTypesEnd(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 3 * maxRounds {
		b.WriteString("[plan.p" + strings.Repeat("x", i%30) + formatSize(int64(i)) + "]\nname = 1\n")
	}
	_, err := parseConfig(source(t.TempDir(), b.String()))
	if err == nil || !strings.Contains(err.Error(), "mend these first") {
		t.Errorf("got %.200v", err)
	}
}

// FuzzConfig holds parsing to its promise on any text: settings or faults, and
// each fault with a place and a text.
func FuzzConfig(f *testing.F) {
	f.Add(fullConfig)
	f.Add(sampleConfig())
	f.Add("a.b.c = [1, {x = 2}]\n[[mailbox]]\n[mailbox.a.b]\n")
	f.Add("[mailbox.\"\\n\"]\nurl = \"imaps://[::1\"\npassword = \"file:.\"\n")
	f.Add("relay.main = { url = 3, url = 4 }\nZone = \"\"\n[relay]\n")
	cases, err := filepath.Glob("testdata/config/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range cases {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	dir := f.TempDir()
	place := regexp.MustCompile(`^[^\n]*deskpost\.toml:[1-9][0-9]*: .`)
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 10_000 {
			t.Skip("the time per text is bounded, but not small")
		}
		s, err := parseConfig(source(dir, text))
		if err == nil {
			if s.Policy == nil || s.Policy.Zone == nil || len(s.Mailboxes) == 0 || len(s.Policy.Agents) == 0 {
				t.Error("settings lack what is required")
			}
			return
		}
		faults, ok := errors.AsType[configFaults](err)
		if !ok || len(faults) == 0 || s != nil {
			t.Fatalf("neither settings nor faults: %v", err)
		}
		lines := strings.Count(text, "\n") + 1
		for _, fault := range faults {
			if fault.line < 1 || fault.line > lines || !place.MatchString(fault.String()) {
				t.Errorf("fault without a place: %q", fault)
			}
		}
	})
}
