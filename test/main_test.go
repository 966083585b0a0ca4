// Package test drives the whole chain from outside: it builds the command and
// the guests of test/cases, and talks to them over real HTTP.
package test

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// long runs the measurements at full length: 1 GiB through echo, 10,000
// requests in a row.
var long = flag.Bool("long", false, "run the measurements at full length")

var (
	folder  string // for the command and the components
	command string // the isyswasfa binary
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(setUp(m))
}

func setUp(m *testing.M) int {
	var err error
	if folder, err = os.MkdirTemp("", "isyswasfa-test-*"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	command = filepath.Join(folder, "isyswasfa")
	if runtime.GOOS == "windows" {
		command += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", command, "../cmd/isyswasfa").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the command: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// isyswasfa runs the command to its end and gives what it printed and its
// exit status.
func isyswasfa(t testing.TB, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command, args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return out.String(), errOut.String(), cmd.ProcessState.ExitCode()
}

// A server is a running `isyswasfa serve`.
type server struct {
	URL    string // without a slash at the end
	cmd    *exec.Cmd
	mu     sync.Mutex
	stderr strings.Builder
	ended  chan struct{}
}

// serve starts the command and waits until it accepts. At the end of the test
// it is asked to stop and must do so in peace.
func serve(t *testing.T, file string, args ...string) *server {
	t.Helper()
	s := &server{cmd: exec.Command(command, append([]string{"serve", file, "--addr", "127.0.0.1:0"}, args...)...), ended: make(chan struct{})}
	pipe, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan string, 1)
	go s.readStderr(pipe, ready)
	select {
	case s.URL = <-ready:
	case <-s.ended:
		t.Fatalf("serve ended at once:\n%s", s.Stderr())
	case <-time.After(2 * time.Minute):
		_ = s.cmd.Process.Kill()
		t.Fatalf("serve does not accept:\n%s", s.Stderr())
	}
	t.Cleanup(func() { s.stop(t) })
	return s
}

func (s *server) readStderr(pipe io.Reader, ready chan<- string) {
	defer close(s.ended)
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		s.mu.Lock()
		s.stderr.WriteString(lines.Text() + "\n")
		s.mu.Unlock()
		if url, ok := strings.CutPrefix(lines.Text(), "Serving HTTP on "); ok {
			ready <- strings.TrimSuffix(url, "/")
		}
	}
}

// Stderr gives what the server has printed so far.
func (s *server) Stderr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stderr.String()
}

// says waits until the server has printed text.
func (s *server) says(t *testing.T, text string) {
	t.Helper()
	for range 500 {
		if strings.Contains(s.Stderr(), text) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("standard error does not say %q:\n%s", text, s.Stderr())
}

// stop asks the server to finish and checks that it does.
func (s *server) stop(t *testing.T) {
	http.DefaultClient.CloseIdleConnections()
	if runtime.GOOS == "windows" {
		_ = s.cmd.Process.Kill()
		<-s.ended
		_ = s.cmd.Wait()
		return
	}
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Errorf("serve ended too early: %v\n%s", err, s.Stderr())
	}
	select {
	case <-s.ended:
	case <-time.After(30 * time.Second):
		_ = s.cmd.Process.Kill()
		t.Errorf("serve does not stop:\n%s", s.Stderr())
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("serve: %v\n%s", err, s.Stderr())
	}
}

// memory gives the resident memory of the server, now and at its peak, in
// bytes. It works on Linux alone.
func (s *server) memory(t *testing.T) (now, peak int64) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		t.Skip("no /proc here")
	}
	field := func(name string) int64 {
		var kib int64
		_, rest, _ := strings.Cut(string(status), name+":")
		fmt.Sscan(rest, &kib)
		return kib << 10
	}
	return field("VmRSS"), field("VmHWM")
}

// get fetches a URL and gives status and body.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}
