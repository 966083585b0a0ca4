package host_test

import (
	"context"
	"fmt"
	"log"

	"github.com/isyswasfa/isyswasfa/host"
	"github.com/isyswasfa/isyswasfa/internal/wast"
)

// A component that is configured by a value, has the host compute another one
// from it while it is instantiated, and gives out both.
func ExampleValue() {
	binary, err := wast.Assemble(`(component
		(import "user" (value $user string))
		(import "greet" (func $greet (param "name" string) (result string)))
		(import "test:config/config" (instance $config (export "user" (value string))))
		(start $greet (value $user) (result (value $greeting)))
		(export "greeting" (value $greeting))
		(export "user" (value $config "user")))`)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close(ctx)
	component, err := engine.Compile(ctx, "values", binary)
	if err != nil {
		log.Fatal(err)
	}

	linker := host.NewLinker(engine)
	linker.Instance("test:config/config").Value("user", "Ada")
	linker.Instance("").
		ValueFunc("user", func(*host.Instance) (any, error) { return "Grace", nil }).
		Func("greet", host.Func(func(_ *host.Call, p struct{ Name string }) (string, error) { return "hello " + p.Name, nil }))
	pre, err := linker.Link(component)
	if err != nil {
		log.Fatal(err)
	}
	in, err := pre.Instantiate(ctx, host.InstanceConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close(ctx)

	for _, e := range component.Exports() {
		v, err := pre.Value("", e.Name)
		if err != nil {
			log.Fatal(err)
		}
		got, err := v.Get(in)
		fmt.Printf("%s: %s = %v, %v\n", e.Name, v.Type(), got, err)
	}
	// Output:
	// greeting: string = hello Grace, <nil>
	// user: string = Ada, <nil>
}
