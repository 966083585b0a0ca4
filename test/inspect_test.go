package test

import (
	"strings"
	"testing"
)

// TestInspect wants worlds as their authors wrote them: async functions,
// streams and futures, and nothing of what the rewriting adds.
func TestInspect(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
	}{
		{"hello", []string{
			"exports",
			"  wasi:http/handler@0.3.0",
			"    handle: async func(request: request) -> result<response, error-code>",
			"imports of the runtime",
		}},
		{"exchange", []string{
			"  test:exchange/flow",
			"    items: func(count: u32) -> stream<item>",
			"    later: func(text: option<string>) -> future<string>",
			"    bytes: func(data: stream<u8>) -> stream<u8>",
			"    thing.make: static async func(name: string, ms: u32) -> thing",
			"  tour: async func() -> list<string>",
		}},
	} {
		stdout, stderr, status := isyswasfa(t, "inspect", component(t, c.name))
		if status != 0 {
			t.Fatalf("%s: exit status %d\n%s", c.name, status, stderr)
		}
		for _, line := range c.lines {
			if !strings.Contains(stdout, "\n"+line+"\n") {
				t.Errorf("%s: no line %q", c.name, line)
			}
		}
		author, _, _ := strings.Cut(stdout, "imports of the runtime")
		for _, unwanted := range []string{"-isyswasfa-", "isyswasfa-sender", "isyswasfa-receiver", "isyswasfa-stream", "isyswasfa-pipe"} {
			if strings.Contains(author, unwanted) {
				t.Errorf("%s: the world has %q", c.name, unwanted)
			}
		}
		if t.Failed() {
			t.Logf("%s", stdout)
		}
	}
}
