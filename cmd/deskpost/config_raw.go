package main

import (
	"deskpost/templates"
	"deskpost/ticket"
)

// rawConfig mirrors the config file: what it says, before anything is made of
// it. Its toml tags are the only list of keys; unknown keys, the sample and the
// reference page are checked against it.
type rawConfig struct {
	Zone               string                   `toml:"zone"`
	Database           string                   `toml:"database"`
	DatabasePassword   secret                   `toml:"database_password"`
	FreeSpace          string                   `toml:"free_space"`
	Control            string                   `toml:"control"`
	Node               string                   `toml:"node"`
	Blobs              string                   `toml:"blobs"`
	BlobsKey           secret                   `toml:"blobs_key"`
	BlobsSecret        secret                   `toml:"blobs_secret"`
	BlobsAllowInsecure bool                     `toml:"blobs_allow_insecure"`
	BlobsCAFile        string                   `toml:"blobs_ca_file"`
	Mailbox            map[string]rawMailbox    `toml:"mailbox"`
	Relay              map[string]rawRelay      `toml:"relay"`
	Department         map[string]rawDepartment `toml:"department"`
	Agent              map[string]rawAgent      `toml:"agent"`
	Role               map[string]rawRole       `toml:"role"`
	Team               map[string]rawTeam       `toml:"team"`
	Status             map[string]rawStatus     `toml:"status"`
	Plan               map[string]rawPlan       `toml:"plan"`
	Calendar           map[string]rawCalendar   `toml:"calendar"`
	SLA                rawSLA                   `toml:"sla"`
	Field              map[string]rawField      `toml:"field"`
	Canned             map[string]rawCanned     `toml:"canned"`
	Macro              map[string]rawMacro      `toml:"macro"`
	Webhook            map[string]rawWebhook    `toml:"webhook"`
	Desk               rawDesk                  `toml:"desk"`
	Commands           rawCommands              `toml:"commands"`
	Mail               rawMail                  `toml:"mail"`
	Web                rawWeb                   `toml:"web"`
	Log                rawLog                   `toml:"log"`
}

type rawWeb struct {
	Listen string `toml:"listen"`
	URL    string `toml:"url"`
	Portal bool   `toml:"portal"`

	SecondFactor string `toml:"second_factor"`
	OIDCIssuer   string `toml:"oidc_issuer"`
	OIDCClient   string `toml:"oidc_client"`
	OIDCSecret   secret `toml:"oidc_secret"`
	OIDCName     string `toml:"oidc_name"`
}

type rawMailbox struct {
	Address       string `toml:"address"`
	Department    string `toml:"department"`
	URL           string `toml:"url"`
	Password      secret `toml:"password"`
	AllowInsecure bool   `toml:"allow_insecure"`
	CAFile        string `toml:"ca_file"`
	After         string `toml:"after"`
	DeleteAfter   string `toml:"delete_after"`
	Backlog       string `toml:"backlog"`
	Poll          string `toml:"poll"`
	Idle          string `toml:"idle"`
}

type rawRelay struct {
	URL           string `toml:"url"`
	Password      secret `toml:"password"`
	AllowInsecure bool   `toml:"allow_insecure"`
	CAFile        string `toml:"ca_file"`
	Hello         string `toml:"hello"`
}

type rawDepartment struct {
	Name                 string   `toml:"name"`
	Address              string   `toml:"address"`
	Parent               string   `toml:"parent"`
	Signature            string   `toml:"signature"`
	Lead                 string   `toml:"lead"`
	Plan                 string   `toml:"plan"`
	Calendar             string   `toml:"calendar"`
	ReopenClosed         bool     `toml:"reopen_closed"`
	Assign               string   `toml:"assign"`
	TellCustomer         []string `toml:"tell_customer"`
	AfterReply           string   `toml:"after_reply"`
	CloseAfter           string   `toml:"close_after"`
	RemindPending        string   `toml:"remind_pending"`
	PendingRequiresReply bool     `toml:"pending_requires_reply"`
	Language             string   `toml:"language"`
	Portal               bool     `toml:"portal"`
	Rating               bool     `toml:"rating"`
}

type rawAgent struct {
	Name       string            `toml:"name"`
	Emails     []string          `toml:"emails"`
	Access     map[string]string `toml:"access"`
	Disabled   bool              `toml:"disabled"`
	ReplyAs    string            `toml:"reply_as"`
	Transcript string            `toml:"transcript"`
	Notify     rawNotify         `toml:"notify"`
	Calendar   string            `toml:"calendar"`
	Deputy     string            `toml:"deputy"`
	DailyPlan  string            `toml:"daily_plan"`
}

type rawRole struct {
	Rights []string `toml:"rights"`
}

type rawPlan struct {
	Name       string               `toml:"name"`
	Calendar   string               `toml:"calendar"`
	PauseOn    []string             `toml:"pause_on"`
	PauseFirst bool                 `toml:"pause_first"`
	OnReopen   string               `toml:"on_reopen"`
	OnChange   string               `toml:"on_change"`
	Targets    map[string]rawTarget `toml:"targets"`
	Steps      map[string]rawStep   `toml:"steps"`
}

// The tables in plans have no defaults: an empty value is one left out.
type rawTarget struct {
	First   string `toml:"first"`
	Next    string `toml:"next"`
	Resolve string `toml:"resolve"`
	Keep    string `toml:"keep"`
}

type rawStep struct {
	Metric  string   `toml:"metric"`
	At      string   `toml:"at"`
	Repeat  string   `toml:"repeat"`
	Max     int      `toml:"max"`
	Do      []string `toml:"do"`
	Expires string   `toml:"expires"`
	Wake    bool     `toml:"wake"`
}

type rawCalendar struct {
	Zone         string   `toml:"zone"`
	Week         []string `toml:"week"`
	Holidays     []string `toml:"holidays"`
	HolidaysFile string   `toml:"holidays_file"`
	Extras       []string `toml:"extras"`
}

type rawSLA struct {
	Calendar    string `toml:"calendar"`
	Sweep       string `toml:"sweep"`
	CatchupWait string `toml:"catchup_wait"`
}

type rawField struct {
	Name        string   `toml:"name"`
	Type        string   `toml:"type"`
	Choices     []string `toml:"choices"`
	Pattern     string   `toml:"pattern"`
	Min         string   `toml:"min"`
	Max         string   `toml:"max"`
	RequiredTo  string   `toml:"required_to"`
	Departments []string `toml:"departments"`
	Customer    bool     `toml:"customer"`
}

type rawCanned struct {
	Name        string   `toml:"name"`
	Text        string   `toml:"text"`
	Departments []string `toml:"departments"`
}

type rawMacro struct {
	Name        string   `toml:"name"`
	Commands    []string `toml:"commands"`
	Text        string   `toml:"text"`
	Automatic   bool     `toml:"automatic"`
	Departments []string `toml:"departments"`
}

type rawWebhook struct {
	URL          string   `toml:"url"`
	Secret       secret   `toml:"secret"`
	Events       []string `toml:"events"`
	Departments  []string `toml:"departments"`
	MaxAge       string   `toml:"max_age"`
	AllowPrivate bool     `toml:"allow_private"`
	CAFile       string   `toml:"ca_file"`
}

type rawDesk struct {
	Priorities      []string `toml:"priorities"`
	DefaultPriority string   `toml:"default_priority"`
	ReopenWindow    string   `toml:"reopen_window"`
	CloseAfter      string   `toml:"close_after"`
	CloseWarning    string   `toml:"close_warning"`
	Thanks          bool     `toml:"thanks"`
	WeeklyReport    string   `toml:"weekly_report"`
	Language        string   `toml:"language"`
}

type rawCommands struct {
	NearMiss  string `toml:"near_miss"`
	TokenDays int    `toml:"token_days"`
	DraftDays int    `toml:"draft_days"`
}

type rawMail struct {
	AuthservID     string   `toml:"authserv_id"`
	Acknowledge    string   `toml:"acknowledge"`
	Admins         []string `toml:"admins"`
	MaxSize        string   `toml:"max_size"`
	OldMail        string   `toml:"old_mail"`
	Separator      string   `toml:"separator"`
	Echo           string   `toml:"echo"`
	Retry          []string `toml:"retry"`
	TellAt         string   `toml:"tell_at"`
	GiveUp         string   `toml:"give_up"`
	SendDelay      string   `toml:"send_delay"`
	CapAddressHour int      `toml:"cap_address_hour"`
	CapAddressDay  int      `toml:"cap_address_day"`
	CapTicketDay   int      `toml:"cap_ticket_day"`
	CapSystemHour  int      `toml:"cap_system_hour"`
	CapSenderHour  int      `toml:"cap_sender_hour"`
	CapReopenHour  int      `toml:"cap_reopen_hour"`
	CapAgentBurst  int      `toml:"cap_agent_burst"`
	DailyPlan      string   `toml:"daily_plan"`
}

type rawLog struct {
	Level  string `toml:"level"`
	Format string `toml:"format"`
}

// defaultConfig is what holds where the file is silent. The tables the file
// names are in it already, with the defaults of their keys.
func defaultConfig(index *tomlIndex) *rawConfig {
	return &rawConfig{
		Database:  "sqlite:/var/lib/deskpost/desk.db",
		FreeSpace: "200MiB",
		Blobs:     "database",
		Mailbox: named(index, "mailbox", rawMailbox{After: "seen", DeleteAfter: "30d", Backlog: "24h",
			Poll: "5m", Idle: "9m"}),
		Relay:      named(index, "relay", rawRelay{}),
		Department: named(index, "department", rawDepartment{ReopenClosed: true, Assign: "none", AfterReply: "open", RemindPending: "never", Language: ticket.AutoLanguage, Portal: true, Rating: true}),
		Agent: named(index, "agent", rawAgent{ReplyAs: "reply", Transcript: "always",
			Notify: rawNotify{New: "mine", Message: "mine", Reply: "mine", Note: "mine", Transfer: "mine"}}),
		Role:     named(index, "role", rawRole{}),
		Team:     named(index, "team", rawTeam{}),
		Status:   named(index, "status", rawStatus{}),
		Plan:     named(index, "plan", rawPlan{PauseOn: []string{"pending", "hold"}, OnReopen: "resume", OnChange: "from_start"}),
		Calendar: named(index, "calendar", rawCalendar{}),
		SLA:      rawSLA{Calendar: alwaysOpen, Sweep: "@every 15s", CatchupWait: "10m"},
		Field:    named(index, "field", rawField{Type: "text"}),
		Canned:   named(index, "canned", rawCanned{}),
		Macro:    named(index, "macro", rawMacro{}),
		Webhook:  named(index, "webhook", rawWebhook{MaxAge: "5d"}),
		Desk: rawDesk{Priorities: []string{"Low", "Normal", "High", "Emergency"}, DefaultPriority: "Normal",
			ReopenWindow: "7d", CloseAfter: "7d", CloseWarning: "never", Thanks: true,
			WeeklyReport: "0 8 * * mon", Language: templates.English},
		Commands: rawCommands{NearMiss: "hold", TokenDays: 60, DraftDays: 7},
		Mail: rawMail{Acknowledge: "verified", MaxSize: "50MiB", OldMail: "24h", Separator: "+",
			Retry: []string{"1m", "5m", "15m", "30m", "1h"}, TellAt: "24h", GiveUp: "5d", SendDelay: "0s",
			CapAddressHour: 10, CapAddressDay: 40, CapTicketDay: 20, CapSystemHour: 500,
			CapSenderHour: 30, CapReopenHour: 5, CapAgentBurst: 60, DailyPlan: "0 7 * * mon-fri"},
		Web: rawWeb{SecondFactor: "optional", OIDCName: "single sign-on"},
		Log: rawLog{Level: "info", Format: "json"},
	}
}

func named[T any](index *tomlIndex, group string, defaults T) map[string]T {
	tables := map[string]T{}
	for _, name := range index.names(group) {
		tables[name] = defaults
	}
	return tables
}

// renamed says what to write instead of keys that had another name once, or
// that people who know other programs try first. NAME stands for any name.
func renamed(key string) string {
	return map[string]string{
		"timezone":                   "zone",
		"agent.NAME.email":           `emails = ["..."]`,
		"agent.NAME.departments":     `access = { support = "agent" }`,
		"mailbox.NAME.password_file": `password = "file:PATH"`,
		"relay.NAME.password_file":   `password = "file:PATH"`,
		"mailbox.NAME.folder":        `url = "imaps://user@host/FOLDER"`,
	}[key]
}
