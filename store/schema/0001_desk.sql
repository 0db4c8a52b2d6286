-- +goose Up
-- Times are UTC in milliseconds; NULL is never. No booleans: a fact has a time,
-- a choice has a word. Lists and facts are JSON text. Sums are SHA-256.

-- Raw mail, named by its sum. A blob without sum is an upload that is not done,
-- or one that is being removed. Its bytes are in blob_chunks, or in an object of
-- the bucket. An upload that comes late must not take the row of another one for
-- its own, so an ID is never given again.
CREATE TABLE blobs (
  id         @once,
  sum        @bytes UNIQUE,
  size       BIGINT NOT NULL,
  made_at    BIGINT NOT NULL,
  place      TEXT UNIQUE, -- the key of the object; NULL if the bytes are in blob_chunks
  dropped_at BIGINT       -- from then on it gets no sum, and its object is removed
);

CREATE TABLE blob_chunks (
  blob  BIGINT NOT NULL REFERENCES blobs (id),
  seq   BIGINT NOT NULL,
  bytes @bytes NOT NULL,
  PRIMARY KEY (blob, seq)
);

-- Work that one node at a time does, where several share the database. Times of
-- one node are never compared with another's: a holder counts its beats up, and
-- who sees none for a while takes over and counts up the fence.
CREATE TABLE leases (
  name   TEXT PRIMARY KEY,
  holder TEXT NOT NULL,   -- the node, '' if nobody
  fence  BIGINT NOT NULL, -- counts the holders there were
  beat   BIGINT NOT NULL, -- counts the renewals of this one
  at     BIGINT           -- of the last change, for people to read
);

CREATE TABLE counters (
  name  TEXT PRIMARY KEY,
  value BIGINT NOT NULL
);

CREATE TABLE keys (
  id         @key,
  secret     @bytes NOT NULL,
  made_at    BIGINT NOT NULL,
  retired_at BIGINT
);

-- The backups this desk was restored from. A row without restored_at is that of
-- a backup, or with ID 0 of a restore that has not ended: no desk runs on them.
CREATE TABLE backups (
  id          @key,
  taken_at    BIGINT NOT NULL,
  version     TEXT NOT NULL, -- of the deskpost that took it
  engine      TEXT NOT NULL, -- of the desk it was taken of
  restored_at BIGINT
);

-- The departments this desk has ever had, so that a ticket of one that left
-- the config still has a name.
CREATE TABLE departments (
  key     TEXT PRIMARY KEY,
  name    TEXT NOT NULL,
  seen_at BIGINT NOT NULL
);

CREATE TABLE tickets (
  number          @key,
  subject         TEXT NOT NULL,
  status          TEXT NOT NULL,
  substatus       TEXT NOT NULL,
  priority        TEXT NOT NULL,
  department      TEXT NOT NULL,
  assignee        TEXT NOT NULL,
  team            TEXT NOT NULL,
  plan            TEXT NOT NULL,
  plan_by         TEXT NOT NULL, -- 'rule', or 'agent' if pinned
  requester_name  TEXT NOT NULL,
  requester_email TEXT NOT NULL,
  requester_key   TEXT NOT NULL,
  tags            TEXT NOT NULL,
  fields          TEXT NOT NULL,
  follow_up       BIGINT,
  snoozed         BIGINT,
  due             BIGINT,
  spent           BIGINT NOT NULL, -- milliseconds
  merged_into     BIGINT REFERENCES tickets (number),
  opened_at       BIGINT,
  updated_at      BIGINT,
  spoken_at       BIGINT,
  status_at       BIGINT,
  resolved_at     BIGINT,
  closed_at       BIGINT,
  reminded_at     BIGINT,
  reminders       BIGINT NOT NULL,
  stars           BIGINT NOT NULL, -- how its requester rated it, 0 is not at all
  rated_at        BIGINT,
  deadline        BIGINT, -- the nearest of the clocks that run
  next_at         BIGINT, -- when there is something to do by time
  -- By what its clocks are counted, as the diary noted it last; '' is none.
  plan_revision     TEXT NOT NULL,
  calendar          TEXT NOT NULL,
  calendar_revision TEXT NOT NULL
);
CREATE INDEX tickets_queue ON tickets (status, department, updated_at);
-- Has all by which the lists of the page are counted, and sorted.
CREATE INDEX tickets_listed ON tickets (status, department, assignee, snoozed, deadline, priority);
CREATE INDEX tickets_department ON tickets (department, updated_at);
CREATE INDEX tickets_assignee ON tickets (assignee, updated_at);
CREATE INDEX tickets_load ON tickets (assignee, status);
CREATE INDEX tickets_requester ON tickets (requester_key, updated_at);
CREATE INDEX tickets_updated ON tickets (updated_at);
CREATE INDEX tickets_next ON tickets (next_at, number) WHERE next_at IS NOT NULL;
CREATE INDEX tickets_setting ON tickets (department, plan, plan_revision, calendar, calendar_revision, number)
  WHERE status NOT IN ('resolved', 'closed', 'spam', 'deleted', 'merged') AND calendar <> '';
CREATE INDEX tickets_substatus ON tickets (substatus, updated_at) WHERE substatus <> '';
CREATE INDEX tickets_team ON tickets (team, updated_at) WHERE team <> '';
CREATE INDEX tickets_rated ON tickets (rated_at, stars) WHERE rated_at IS NOT NULL;
CREATE INDEX tickets_merged ON tickets (merged_into) WHERE merged_into IS NOT NULL;

-- The index of tickets.tags.
CREATE TABLE ticket_tags (
  tag    TEXT NOT NULL,
  ticket BIGINT NOT NULL REFERENCES tickets (number),
  PRIMARY KEY (tag, ticket)
);
CREATE INDEX ticket_tags_ticket ON ticket_tags (ticket);

CREATE TABLE receipts (
  id            @id,
  source        TEXT NOT NULL,
  epoch         BIGINT NOT NULL,
  uid           BIGINT NOT NULL,
  digest        @bytes,
  dedupe        @bytes UNIQUE, -- the digest of the first mail that has a Message-ID
  identity      TEXT NOT NULL, -- 'message-id', or 'none' if the mail has no key
  received_at   BIGINT,
  raw           @bytes REFERENCES blobs (sum),
  raw_size      BIGINT NOT NULL,
  at            BIGINT,
  outcome       TEXT,
  ticket        BIGINT REFERENCES tickets (number),
  entry         BIGINT,
  reasons       TEXT NOT NULL DEFAULT '[]',
  message_id    TEXT NOT NULL DEFAULT '',
  sender        TEXT NOT NULL DEFAULT '',
  subject       TEXT NOT NULL DEFAULT '',
  after_done_at BIGINT,
  UNIQUE (source, epoch, uid)
);
CREATE INDEX receipts_unkeyed ON receipts (source, digest, received_at, epoch) WHERE identity = 'none';
CREATE INDEX receipts_ticket ON receipts (ticket) WHERE ticket IS NOT NULL;
CREATE INDEX receipts_raw ON receipts (raw) WHERE raw IS NOT NULL;
CREATE INDEX receipts_outcome ON receipts (outcome);
CREATE INDEX receipts_pending ON receipts (source, epoch, id)
  WHERE after_done_at IS NULL AND outcome <> 'before-baseline';

CREATE TABLE failures (
  source TEXT NOT NULL,
  epoch  BIGINT NOT NULL,
  uid    BIGINT NOT NULL,
  stage  TEXT NOT NULL,
  tries  BIGINT NOT NULL,
  error  TEXT NOT NULL,
  at     BIGINT,
  PRIMARY KEY (source, epoch, uid)
);

CREATE TABLE sources (
  source   TEXT PRIMARY KEY,
  baseline BIGINT,
  swept_at BIGINT, -- when the latest pass that reached its end began
  reading_since BIGINT, -- of the reader that has not ended in order yet
  lost_since BIGINT -- mail since then may have been moved away by a desk that is lost
);

-- The numberings of a source, in the order they were met. Up to swept every
-- UID that ever existed has a row.
CREATE TABLE epochs (
  id     @id,
  source TEXT NOT NULL,
  epoch  BIGINT NOT NULL,
  swept  BIGINT NOT NULL,
  UNIQUE (source, epoch)
);

CREATE TABLE participants (
  id     @id,
  ticket BIGINT NOT NULL REFERENCES tickets (number),
  key    TEXT NOT NULL,
  name   TEXT NOT NULL,
  email  TEXT NOT NULL,
  role   TEXT NOT NULL,
  since  BIGINT,
  language TEXT NOT NULL,   -- that they are to be written to in, a tag of RFC 5646; '' is not known
  utc_offset TEXT NOT NULL, -- of their clock, such as '-0500'; '' is that of the desk, or not known
  UNIQUE (ticket, key)
);
CREATE INDEX participants_key ON participants (key, ticket);

CREATE TABLE contacts (
  address     TEXT PRIMARY KEY,
  answered_at BIGINT,
  failed_at   BIGINT,
  burst_from  BIGINT,
  burst_tickets BIGINT NOT NULL,
  storm       BIGINT REFERENCES tickets (number)
);

-- What agents tell of themselves; the rest of them is in the config.
CREATE TABLE agent_states (
  agent      TEXT PRIMARY KEY,
  away_from  BIGINT,
  away_until BIGINT, -- NULL if they will say when they are back
  deputy     TEXT NOT NULL,
  declined   TEXT NOT NULL -- recurring mail they do not want
);

-- When work that recurs, such as reports, was last done.
CREATE TABLE runs (
  name TEXT PRIMARY KEY,
  at   BIGINT NOT NULL
);

CREATE TABLE entries (
  id           @id,
  ticket       BIGINT NOT NULL REFERENCES tickets (number),
  kind         TEXT NOT NULL,
  by_kind      TEXT NOT NULL,
  by_name      TEXT NOT NULL,
  from_name    TEXT NOT NULL,
  from_email   TEXT NOT NULL,
  at           BIGINT,
  text         TEXT NOT NULL,
  format       TEXT NOT NULL, -- of the text: 'plain' or 'markdown'
  quoted       TEXT NOT NULL,
  message_id   TEXT NOT NULL,
  receipt      BIGINT REFERENCES receipts (id),
  copy_of      BIGINT, -- the entry of another ticket
  machine      TEXT NOT NULL,
  audience     TEXT NOT NULL, -- 'thread', or 'held' and 'denied' for agents only
  authenticity TEXT NOT NULL,
  remarks      TEXT NOT NULL,
  sent_as      TEXT NOT NULL  -- 'html' if its mail has that too, else 'text'
);
CREATE INDEX entries_ticket ON entries (ticket);
CREATE INDEX entries_held ON entries (ticket) WHERE audience = 'held';

-- The words of every subject (entry 0) and of every entry's text, as they are
-- searched for, and the engine's index of them. They follow from the other tables.
CREATE TABLE texts (
  id     @id,
  ticket BIGINT NOT NULL REFERENCES tickets (number),
  entry  BIGINT NOT NULL,
  words  TEXT NOT NULL,
  UNIQUE (ticket, entry)
);
@search

CREATE TABLE drafts (
  id      @id,
  ticket  BIGINT REFERENCES tickets (number),
  agent   TEXT NOT NULL,
  kind    TEXT NOT NULL,
  text    TEXT NOT NULL,
  receipt BIGINT REFERENCES receipts (id),
  at      BIGINT,
  until   BIGINT,
  done_at BIGINT
);
CREATE INDEX drafts_agent ON drafts (agent) WHERE done_at IS NULL;

-- What agents have begun to write on a ticket and not sent.
CREATE TABLE unsent (
  id       @id,
  ticket   BIGINT NOT NULL REFERENCES tickets (number),
  agent    TEXT NOT NULL,
  kind     TEXT NOT NULL,
  text     TEXT NOT NULL,
  commands TEXT NOT NULL,
  at       BIGINT NOT NULL,
  UNIQUE (ticket, agent)
);
CREATE INDEX unsent_at ON unsent (at);

-- Attachments of entries, drafts and openings: where their bytes are in a raw mail.
CREATE TABLE files (
  id          @id,
  entry       BIGINT REFERENCES entries (id),
  draft       BIGINT REFERENCES drafts (id),
  opening     BIGINT, -- notice of one that waits
  unsent      BIGINT REFERENCES unsent (id),
  name        TEXT NOT NULL,
  type        TEXT NOT NULL,
  size        BIGINT NOT NULL,
  sum         @bytes,
  disposition TEXT NOT NULL, -- 'inline' or 'attachment'
  raw         @bytes,
  part        TEXT NOT NULL
);
CREATE INDEX files_entry ON files (entry) WHERE entry IS NOT NULL;
CREATE INDEX files_draft ON files (draft) WHERE draft IS NOT NULL;
CREATE INDEX files_opening ON files (opening) WHERE opening IS NOT NULL;
CREATE INDEX files_unsent ON files (unsent) WHERE unsent IS NOT NULL;
CREATE INDEX files_raw ON files (raw) WHERE raw IS NOT NULL;

CREATE TABLE known_ids (
  message_id TEXT NOT NULL,
  ticket     BIGINT NOT NULL REFERENCES tickets (number),
  PRIMARY KEY (message_id, ticket)
);

CREATE TABLE events (
  id         @id,
  ticket     BIGINT NOT NULL REFERENCES tickets (number),
  at         BIGINT,
  since      BIGINT, -- when it happened, if that was earlier
  kind       TEXT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  before     TEXT NOT NULL,
  after      TEXT NOT NULL,
  detail     TEXT NOT NULL,
  entry      BIGINT,
  receipt    BIGINT
);
CREATE INDEX events_ticket ON events (ticket, kind, at);

CREATE TABLE notices (
  id            @key,
  ticket        BIGINT REFERENCES tickets (number),
  entry         BIGINT,
  kind          TEXT NOT NULL,
  answer        TEXT NOT NULL,
  agent         TEXT NOT NULL,
  department    TEXT NOT NULL,
  written_by    TEXT NOT NULL, -- 'desk' if automatic, else 'agent'
  dedupe        TEXT UNIQUE,
  draft         BIGINT,
  facts         TEXT NOT NULL,
  key           BIGINT NOT NULL,
  from_name     TEXT NOT NULL,
  from_email    TEXT NOT NULL,
  message_id    TEXT NOT NULL,
  reply_to      TEXT NOT NULL,
  return_path   TEXT NOT NULL,
  stamp         TEXT NOT NULL,
  in_reply_to   TEXT NOT NULL,
  refs          TEXT NOT NULL,
  queued_at     BIGINT,
  due_at        BIGINT,
  attempts      BIGINT NOT NULL,
  leased_until  BIGINT,
  leased_by     TEXT NOT NULL, -- the node that sends it, '' where there is only one
  standing      TEXT NOT NULL, -- 'known', or 'in-doubt' after an attempt without an answer
  delay_told_at BIGINT,
  echoed_at     BIGINT,
  again_at      BIGINT, -- when it was sent again though an attempt's end was unknown
  settled_at    BIGINT,
  held_at       BIGINT, -- not to be sent until somebody releases it
  held_why      TEXT NOT NULL DEFAULT '',
  waits         TEXT NOT NULL DEFAULT '', -- of mail about deadlines: what for, '' if for nothing but due_at
  lane          BIGINT NOT NULL, -- 0 is served before 1
  free_at       BIGINT NOT NULL  -- the later of due_at and leased_until
);
CREATE INDEX notices_ticket ON notices (ticket, queued_at) WHERE ticket IS NOT NULL;
CREATE INDEX notices_agent ON notices (agent, queued_at);
CREATE INDEX notices_queued ON notices (queued_at);
CREATE INDEX notices_claim ON notices (lane, id, free_at, leased_until, settled_at, kind)
  WHERE settled_at IS NULL AND held_at IS NULL;
CREATE INDEX notices_free ON notices (free_at) WHERE settled_at IS NULL AND held_at IS NULL;
CREATE INDEX notices_alarms ON notices (due_at)
  WHERE settled_at IS NULL AND held_at IS NULL AND attempts = 0 AND waits <> '';
CREATE INDEX notices_waiting ON notices (id, held_at) WHERE settled_at IS NULL;

CREATE TABLE notice_recipients (
  notice    BIGINT NOT NULL REFERENCES notices (id),
  seq       BIGINT NOT NULL,
  name      TEXT NOT NULL,
  email     TEXT NOT NULL,
  key       TEXT NOT NULL,
  field     TEXT NOT NULL, -- 'to' or 'cc'
  sent_at   BIGINT,
  failed_at BIGINT,
  standing  TEXT NOT NULL, -- 'known', or 'in-doubt' after an attempt without an answer
  answer    TEXT NOT NULL,
  queued_at BIGINT, -- of the notice, so that the caps need only this table's index
  PRIMARY KEY (notice, seq)
);
CREATE INDEX notice_recipients_key ON notice_recipients (key, queued_at);

-- What other programs are to be told, as it will be sent.
CREATE TABLE deliveries (
  id           @key,
  webhook      TEXT NOT NULL,   -- its key in the config
  ticket       BIGINT NOT NULL REFERENCES tickets (number),
  kind         TEXT NOT NULL,   -- of the event
  message      TEXT NOT NULL UNIQUE,
  body         TEXT NOT NULL,   -- JSON
  queued_at    BIGINT NOT NULL,
  due_at       BIGINT NOT NULL, -- of the next attempt; while one runs, the end of its lease
  attempts     BIGINT NOT NULL,
  tried_at     BIGINT,
  leased_until BIGINT,
  leased_by    TEXT NOT NULL,   -- the node that sends it, '' where there is only one
  answer       TEXT NOT NULL,
  settled_at   BIGINT,
  ending       TEXT NOT NULL    -- 'delivered', 'given-up', 'dropped', or '' while it waits
);
CREATE INDEX deliveries_waiting ON deliveries (webhook, id, attempts, due_at) WHERE settled_at IS NULL;
CREATE INDEX deliveries_webhook ON deliveries (webhook, id);
CREATE INDEX deliveries_ended ON deliveries (ending, settled_at) WHERE settled_at IS NOT NULL;

-- How telling other programs goes.
CREATE TABLE webhook_states (
  webhook      TEXT PRIMARY KEY,
  delivered_at BIGINT,
  failing_at   BIGINT,          -- since when each attempt has failed
  failures     BIGINT NOT NULL,
  paused_at    BIGINT,
  paused_why   TEXT NOT NULL
);

-- The index of tickets.fields. Values are in small letters.
CREATE TABLE ticket_fields (
  field  TEXT NOT NULL,
  value  TEXT NOT NULL,
  ticket BIGINT NOT NULL REFERENCES tickets (number),
  PRIMARY KEY (field, value, ticket)
);
CREATE INDEX ticket_fields_ticket ON ticket_fields (ticket);

-- Who wants to hear more of a ticket, or less.
CREATE TABLE watchers (
  ticket BIGINT NOT NULL REFERENCES tickets (number),
  agent  TEXT NOT NULL,
  mode   TEXT NOT NULL, -- 'watch' or 'mute'
  since  BIGINT,
  PRIMARY KEY (ticket, agent)
);

-- Queries that agents keep under names, in their order.
CREATE TABLE views (
  agent TEXT NOT NULL,
  place BIGINT NOT NULL,
  name  TEXT NOT NULL,
  query TEXT NOT NULL,
  PRIMARY KEY (agent, place)
);

-- Who has which ticket open on the page, each for less than a minute.
CREATE TABLE presences (
  ticket BIGINT NOT NULL REFERENCES tickets (number),
  agent  TEXT NOT NULL,
  doing  TEXT NOT NULL, -- 'reading' or 'replying'
  until  BIGINT NOT NULL,
  PRIMARY KEY (ticket, agent)
);
CREATE INDEX presences_until ON presences (until);

-- Whose turn it is in a department that gives its tickets out by itself.
CREATE TABLE rota (
  department TEXT NOT NULL,
  agent      TEXT NOT NULL,
  turn       BIGINT NOT NULL, -- which of those tickets the agent got last
  PRIMARY KEY (department, agent)
);

-- What tickets are to each other, each once: ticket is a kind of other.
CREATE TABLE links (
  ticket BIGINT NOT NULL REFERENCES tickets (number),
  kind   TEXT NOT NULL,
  other  BIGINT NOT NULL REFERENCES tickets (number),
  PRIMARY KEY (ticket, kind, other)
);
CREATE INDEX links_other ON links (other);

-- What a plan or a calendar said in each revision that a clock has run under.
CREATE TABLE editions (
  kind     TEXT NOT NULL, -- 'plan' or 'calendar'
  key      TEXT NOT NULL,
  revision TEXT NOT NULL,
  says     TEXT NOT NULL, -- JSON
  PRIMARY KEY (kind, key, revision)
);

-- What came of requests that have a key, so that one that comes twice is done
-- once.
CREATE TABLE transcripts (
  receipt @key REFERENCES receipts (id),
  says    TEXT NOT NULL -- JSON
);

-- Mails that were kept out of every thread, until somebody decides about them.
CREATE TABLE quarantine (
  receipt    @key REFERENCES receipts (id),
  ticket     BIGINT REFERENCES tickets (number),
  department TEXT NOT NULL,
  why        TEXT NOT NULL,
  mail       TEXT NOT NULL, -- JSON, as it was read; '{}' once it is decided
  at         BIGINT NOT NULL,
  decided_at BIGINT,
  decision   TEXT NOT NULL DEFAULT '', -- 'released' or 'rejected'
  by_kind    TEXT NOT NULL DEFAULT '',
  by_name    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX quarantine_waits ON quarantine (department, receipt) WHERE decided_at IS NULL;

-- What agents sign in with on the page, by their keys in the config, and by the
-- address that the key had: it is worth nothing to somebody else of that key.
CREATE TABLE passwords (
  agent      TEXT PRIMARY KEY,
  address    TEXT NOT NULL, -- as addresses are compared
  hash       TEXT NOT NULL, -- as argon2id writes it
  changed_at BIGINT NOT NULL
);

-- The devices that show agents the codes they sign in with as well.
CREATE TABLE second_factors (
  agent        TEXT PRIMARY KEY,
  address      TEXT NOT NULL,
  key          BIGINT NOT NULL, -- which key of the desk it is sealed with
  sealed       @bytes NOT NULL, -- the secret that is shared with the device
  last_step    BIGINT NOT NULL, -- of the code that was accepted last
  begun_at     BIGINT NOT NULL,
  confirmed_at BIGINT           -- NULL until the device has shown a right code
);

-- Codes for agents who have lost the device, each for one use.
CREATE TABLE recovery_codes (
  agent   TEXT NOT NULL,
  sum     TEXT NOT NULL, -- SHA-256 in hexadecimal digits
  used_at BIGINT,
  PRIMARY KEY (agent, sum)
);

-- The browsers in which agents are signed in. What a browser has leads to a row
-- of sessions, and that to one of these.
CREATE TABLE agent_sessions (
  id       TEXT PRIMARY KEY,
  agent    TEXT NOT NULL,
  address  TEXT NOT NULL,
  way      TEXT NOT NULL, -- how they signed in
  browser  TEXT NOT NULL,
  began_at BIGINT NOT NULL,
  seen_at  BIGINT NOT NULL
);
CREATE INDEX agent_sessions_agent ON agent_sessions (agent);

-- Links in notices that were used: each works once.
CREATE TABLE redeemed (
  notice BIGINT PRIMARY KEY REFERENCES notices (id),
  at     BIGINT NOT NULL
);

-- What customers have filled into the form of the page, and not yet confirmed by
-- the link in a notice.
CREATE TABLE openings (
  notice BIGINT PRIMARY KEY REFERENCES notices (id),
  says   TEXT NOT NULL, -- JSON
  at     BIGINT NOT NULL
);
CREATE INDEX openings_at ON openings (at);

-- What programs show to act for an agent. An ID is never given again, since people
-- revoke tokens by it.
CREATE TABLE api_tokens (
  id         @once,
  digest     TEXT NOT NULL UNIQUE, -- SHA-256 of the secret, in hexadecimal digits
  agent      TEXT NOT NULL,
  name       TEXT NOT NULL,
  scopes     TEXT NOT NULL, -- JSON
  made_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at    BIGINT,
  revoked_at BIGINT
);
CREATE INDEX api_tokens_agent ON api_tokens (agent);

-- Who is signed in on the page.
CREATE TABLE sessions (
  token      TEXT PRIMARY KEY, -- SHA-256 of what the browser has, in hexadecimal digits
  says       @bytes NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_expire ON sessions (expires_at);

-- The clocks of service levels, as they follow from the diaries.
CREATE TABLE sla_clocks (
  ticket            BIGINT NOT NULL REFERENCES tickets (number),
  metric            TEXT NOT NULL,
  cycle             BIGINT NOT NULL,
  plan              TEXT NOT NULL,
  plan_revision     TEXT NOT NULL,
  priority          TEXT NOT NULL,
  calendar          TEXT NOT NULL,
  calendar_revision TEXT NOT NULL,
  budget            BIGINT NOT NULL, -- milliseconds of working time
  consumed          BIGINT NOT NULL, -- the same, when it was last changed
  state             TEXT NOT NULL,
  started_at        BIGINT,
  ended_at          BIGINT,
  deadline_at       BIGINT,
  breached_at       BIGINT,
  PRIMARY KEY (ticket, metric, cycle)
);

-- The steps of plans that were done, or left out, and never will be again.
CREATE TABLE sla_fired (
  ticket     BIGINT NOT NULL REFERENCES tickets (number),
  metric     TEXT NOT NULL,
  cycle      BIGINT NOT NULL,
  plan       TEXT NOT NULL,
  step       TEXT NOT NULL,
  occurrence BIGINT NOT NULL,
  due_at     BIGINT NOT NULL,
  fired_at   BIGINT NOT NULL,
  skipped    TEXT NOT NULL,   -- why nobody was told, '' if it was not skipped
  told       TEXT NOT NULL,   -- JSON: the agents who were told
  revoked_at BIGINT,          -- when it turned out that the deadline was met
  PRIMARY KEY (ticket, metric, cycle, plan, step, occurrence)
);
