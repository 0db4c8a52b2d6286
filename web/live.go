package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"deskpost/ticket"
)

const (
	lookEvery  = time.Second      // at whether anything has changed, while somebody listens
	beatEvery  = 15 * time.Second // a stream says that it lives, and whether its session still does
	streamRoom = 10 * time.Second // that a reader may take for one message
	maxStreams = 12               // of one agent
	lateEvents = 64               // IDs: so far behind the last one an event may still come in, from a transaction that took longer
)

// A live is how a page that stays open learns what happens meanwhile; without an
// address it does not.
type live struct {
	Events  string // address of the stream
	Present string // address that is told what the reader does; "" if nobody is
	People  string // who else is at work on the ticket
}

// live is that of a page that shows a ticket, or with 0 a list. It is asked for
// before the page is read, so that nothing in between is missed.
func (s *Server) live(r *http.Request, agent ticket.Agent, n ticket.Number) (live, error) {
	pulse, err := s.Desk.Pulse(r.Context())
	if err != nil {
		return live{}, err
	}
	if n == 0 {
		return live{Events: fmt.Sprintf("/events?since=%d", pulse.Event)}, nil
	}
	news, err := s.Desk.News(r.Context(), agent.Key, n, pulse.Event, nil)
	return live{fmt.Sprintf("/events?ticket=%d&since=%d", n, pulse.Event), pathOf(n) + "/presence", news.People}, err
}

// A hub wakes the streams of open pages when the desk has changed. One look at the
// store serves all of them, and there is none while nobody listens.
type hub struct {
	mu      sync.Mutex
	streams map[chan struct{}]string // by whom
	stop    context.CancelFunc       // ends the watch; nil if there is none
	ended   bool
}

// join adds a stream of an agent. It returns nil if there are too many, or none
// may be any more.
func (h *hub) join(s *Server, agent string) chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	theirs := 0
	for _, by := range h.streams {
		if by == agent {
			theirs++
		}
	}
	if h.ended || theirs >= maxStreams {
		return nil
	}
	if h.streams == nil {
		h.streams = map[chan struct{}]string{}
	}
	wake := make(chan struct{}, 1)
	wake <- struct{}{} // what happened between its page and now was nobody's to ring for
	h.streams[wake] = agent
	if h.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		h.stop = stop
		go h.watch(ctx, s)
	}
	return wake
}

// leave takes a stream out; with the last one the watch ends.
func (h *hub) leave(wake chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, there := h.streams[wake]; !there {
		return
	}
	delete(h.streams, wake)
	if len(h.streams) == 0 && h.stop != nil {
		h.stop()
		h.stop = nil
	}
}

// end ends all streams, and lets none begin.
func (h *hub) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	for wake := range h.streams {
		close(wake)
	}
	h.streams = nil
	if h.stop != nil {
		h.stop()
		h.stop = nil
	}
}

// watch feels the pulse of the desk, and wakes the streams when it is another.
func (h *hub) watch(ctx context.Context, s *Server) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var last ticket.Pulse
	failed := false
	for {
		pulse, err := s.Desk.Pulse(ctx)
		if err != nil && !failed && ctx.Err() == nil {
			s.Log.Warn("open pages are told of no changes", "error", err)
		}
		failed = err != nil
		if err == nil && pulse != last {
			last = pulse
			h.wake()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// wake tells every stream to look; one that has not looked yet is told once.
func (h *hub) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for wake := range h.streams {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// events streams what happens while a page is open (server-sent events): with the
// ticket it shows, or with all. It keeps no session busy: it reads it, and looks at
// every beat whether it is still good.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	agent, err := s.listener(r)
	switch {
	case err != nil:
		s.Log.Error("a page could not listen", "error", err)
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	case agent == "":
		http.Error(w, "sign in", http.StatusUnauthorized)
		return
	}
	n, _ := strconv.ParseInt(r.URL.Query().Get("ticket"), 10, 64) // without a number it is about all
	since, err := strconv.ParseInt(r.URL.Query().Get("since"), 10, 64)
	if err != nil || since < 0 || n < 0 {
		http.Error(w, "say since which event", http.StatusUnprocessableEntity)
		return
	}
	st := &stream{server: s, w: w, rc: http.NewResponseController(w), agent: agent, ticket: ticket.Number(n), since: since, last: since, told: map[int64]bool{}}
	if err := st.look(r.Context()); err != nil {
		if no, refused := errors.AsType[*ticket.Refusal](err); refused {
			http.Error(w, no.Text, statusOf(no.Kind))
			return
		}
		s.Log.Error("a page could not listen", "error", err)
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	wake := s.hub.join(s, agent)
	if wake == nil {
		http.Error(w, "too many pages listen", http.StatusTooManyRequests)
		return
	}
	defer s.hub.leave(wake)
	_ = st.rc.SetReadDeadline(time.Time{}) // nothing more is read; without it the stream ends after a minute
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // or nginx keeps what is said until there is more
	if err := st.send("retry: 5000\n\n"); err != nil {
		return
	}
	st.run(r, wake)
}

// listener is the agent whose session a request carries, by key; "" if there is
// none.
func (s *Server) listener(r *http.Request) (string, error) {
	cookie, err := r.Cookie(s.sessions.Cookie.Name)
	if err != nil {
		return "", nil // there is none
	}
	ctx, err := s.sessions.Load(r.Context(), cookie.Value)
	if err != nil {
		return "", err
	}
	who, err := s.signedInBy(r.WithContext(ctx))
	if who.SetUp {
		return "", err // a second factor comes first
	}
	return who.Agent.Key, err
}

// A stream tells one open page what happens.
type stream struct {
	server *Server
	w      http.ResponseWriter
	rc     *http.ResponseController
	agent  string
	ticket ticket.Number // 0 is all
	since  int64         // the last event when the page was shown
	last   int64         // the last one that was looked at
	told   map[int64]bool

	news    message
	changed map[ticket.Number]bool
	said    message
}

// A message is what the page's script is told.
type message struct {
	Words   string   `json:"words,omitempty"`
	People  string   `json:"people,omitempty"`
	Changed int      `json:"changed,omitempty"` // tickets
	Counts  []string `json:"counts,omitempty"`  // of the lists in the bar, in their order
}

// look finds what the page has to be told. A transaction that took longer than
// another may bring events with lower IDs: some are looked at again.
func (st *stream) look(ctx context.Context) error {
	news, err := st.server.Desk.News(ctx, st.agent, st.ticket, max(st.since, st.last-lateEvents), st.told)
	if err != nil {
		return err
	}
	st.last = max(st.last, news.Last)
	for id := range st.told {
		if id < st.last-lateEvents {
			delete(st.told, id)
		}
	}
	st.news.People = news.People
	if st.ticket != 0 {
		if news.Words != "" {
			st.news.Words = news.Words
		}
		return nil
	}
	if st.changed == nil {
		st.changed = map[ticket.Number]bool{}
	}
	for _, n := range news.Tickets {
		if len(st.changed) < counted {
			st.changed[n] = true
		}
	}
	st.news.Changed = len(st.changed)
	return nil
}

// run tells the page what happens until it is closed, its session is over or the
// server stops.
func (st *stream) run(r *http.Request, wake chan struct{}) {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		if err := st.tell(r); err != nil {
			return // the browser is gone, or too slow; it comes again by itself
		}
		select {
		case <-r.Context().Done():
			return
		case _, more := <-wake:
			if !more {
				return
			}
		case <-beat.C:
			if agent, err := st.server.listener(r); err != nil || agent != st.agent || st.send(": alive\n\n") != nil {
				return
			}
		}
		if err := st.look(r.Context()); err != nil {
			return // they may not read it any more, or the store is gone
		}
	}
}

// tell sends what there is to say, if it is other than what was said.
func (st *stream) tell(r *http.Request) error {
	if st.news.Words == st.said.Words && st.news.People == st.said.People && st.news.Changed == st.said.Changed {
		return nil
	}
	if st.ticket == 0 {
		views, err := st.server.views(r, st.server.Desk.Policy().Agents[st.agent], "")
		if err != nil {
			return err
		}
		st.news.Counts = nil
		for _, v := range views {
			st.news.Counts = append(st.news.Counts, v.Count)
		}
	}
	st.said = st.news
	text, err := json.Marshal(st.news)
	if err != nil {
		return fmt.Errorf("write a message: %w", err)
	}
	return st.send("data: " + string(text) + "\n\n")
}

// send writes to the browser, which has a while to take it.
func (st *stream) send(text string) error {
	if err := st.rc.SetWriteDeadline(time.Now().Add(streamRoom)); err != nil {
		return err
	}
	if _, err := st.w.Write([]byte(text)); err != nil {
		return err
	}
	return st.rc.Flush()
}

// present takes what an agent does with a ticket that is open.
func (s *Server) present(r *http.Request, agent ticket.Agent) (answer, error) {
	n, err := ticketNumber(r)
	if err != nil {
		return answer{}, err
	}
	if err := r.ParseForm(); err != nil {
		return answer{}, badForm(err)
	}
	if err := s.Desk.Present(r.Context(), agent.Key, n, ticket.Doing(r.PostForm.Get("doing"))); err != nil {
		return answer{}, err
	}
	return answer{empty: true}, nil
}
