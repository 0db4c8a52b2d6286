package inboundtest

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
)

func TestScriptAnswersWithTheTag(t *testing.T) {
	t.Parallel()
	server := Serve(t, OpenBox("IDLE").Then(Cut()))
	conn, err := net.Dial("tcp", server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "a LOGIN \"desk\" \"secret\"\r\nb SELECT INBOX\r\n"); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"* OK [CAPABILITY IMAP4rev1 IDLE]", "\r\na OK ", "\r\nb OK [READ-WRITE]"} {
		if !strings.Contains(string(all), want) {
			t.Errorf("no %q in %q", want, all)
		}
	}
	if got := server.Heard(); len(got) != 2 || got[1] != "b SELECT INBOX" {
		t.Errorf("heard %q", got)
	}
}

func TestProxyCutsAfterBytes(t *testing.T) {
	t.Parallel()
	server := Serve(t, Script{Send("0123456789"), Mute()}, Script{Send("0123456789"), Mute()})
	proxy := CutProxy(t, server.Addr)
	for _, n := range []int64{4, 0} {
		proxy.CutAfter(n)
		conn, err := net.Dial("tcp", proxy.Addr)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(conn)
		conn.Close()
		if err != nil || string(got) != "0123456789"[:n] {
			t.Errorf("cut after %d: got %q, %v", n, got, err)
		}
	}
}
