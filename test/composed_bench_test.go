package test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/host/wasi"
	"github.com/isyswasfa/isyswasfa/host/wasihttp"
	service "github.com/isyswasfa/isyswasfa/test/cases/service/host"
)

// chains are requests that pass one to four components.
var chains = []struct{ name, component, path string }{
	{"1 component", "service", "/service"},
	{"2 components", "routed", "/service"},
	{"3 components", "middleware-routed", "/service"},
	{"4 components", "middleware-routed", "/middleware"},
}

// BenchmarkChain sends requests through one instance, with bodies that pass
// untouched and with bodies that the outermost middleware codes.
func BenchmarkChain(b *testing.B) {
	for _, chain := range chains {
		b.Run(chain.name, func(b *testing.B) {
			w := startService(b, chain.component, nil)
			b.ReportAllocs()
			for b.Loop() {
				benchRequest(b, w, chain.path, "")
			}
		})
	}
	b.Run("4 components, deflated", func(b *testing.B) {
		w := startService(b, "middleware-routed", nil)
		b.ReportAllocs()
		for b.Loop() {
			benchRequest(b, w, "/middleware", "deflate")
		}
	})
}

// BenchmarkChainFresh makes an instance of the whole composition for each
// request, as the handler does.
func BenchmarkChainFresh(b *testing.B) {
	for _, chain := range chains {
		b.Run(chain.name, func(b *testing.B) {
			engine, c := compiled(b, chain.component)
			linker := host.NewLinker(engine)
			wasi.AddToLinker(linker)
			wasihttp.AddToLinker(linker)
			pre, err := service.Link(linker, c)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				w, err := pre.Instantiate(context.Background(), service.Imports{}, host.InstanceConfig{})
				if err != nil {
					b.Fatal(err)
				}
				benchRequest(b, w, chain.path, "")
				b.ReportMetric(float64(w.Instance().MemorySize())/(1<<20), "MiB-linear")
				if err := w.Close(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchRequest(b *testing.B, w *service.Service, path, accept string) {
	r := newRequest(http.MethodPost, path, strings.NewReader(serviceText))
	r.Header.Set("Accept-Encoding", accept)
	got := ask(b, w, r)
	if got.status != http.StatusOK || accept == "" && string(got.body) != serviceText {
		b.Fatalf("%d %q", got.status, got.body)
	}
}
