package host_test

import (
	"context"
	"fmt"
	"log"

	"github.com/isyswasfa/isyswasfa/host"
)

func Example() {
	ctx := context.Background()
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close(ctx)
	component, err := engine.Compile(ctx, "greeter", greeter())
	if err != nil {
		log.Fatal(err)
	}

	// What the component imports, in Go.
	linker := host.NewLinker(engine)
	linker.Instance("test:greeter/names@0.1.0").
		Func("name", host.Func(func(c *host.Call, _ struct{}) (string, error) {
			return c.Value(nameKey{}).(string), nil
		}))
	pre, err := linker.Link(component)
	if err != nil {
		log.Fatal(err)
	}
	greet, err := host.Export[struct{ Greeting string }, string](pre, "", "greet")
	if err != nil {
		log.Fatal(err)
	}

	for _, name := range []string{"Ada", "Grace"} {
		in, err := pre.Instantiate(ctx, host.InstanceConfig{Values: map[any]any{nameKey{}: name}})
		if err != nil {
			log.Fatal(err)
		}
		answer, err := greet.Call(ctx, in, struct{ Greeting string }{"Good evening, "})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(answer)
		in.Close(ctx)
	}
	// Output:
	// Good evening, Ada
	// Good evening, Grace
}

type nameKey struct{}

func ExampleLinker_Link() {
	ctx := context.Background()
	engine, err := host.NewEngine(ctx, host.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close(ctx)
	component, err := engine.Compile(ctx, "greeter", greeter())
	if err != nil {
		log.Fatal(err)
	}
	_, err = host.NewLinker(engine).Link(component)
	fmt.Println(err)
	// Output:
	// greeter cannot be linked:
	// 	missing instance test:greeter/names@0.1.0
}
