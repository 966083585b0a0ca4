package host_test

import (
	"context"
	"fmt"
	"log"

	"github.com/isyswasfa/isyswasfa/host"
)

// A component whose types are not known beforehand: its imports are all
// answered by one Go function, and its exports called with what is at hand.
func ExampleFunction() {
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

	linker := host.NewLinker(engine)
	for _, inst := range component.Imports() {
		for _, f := range inst.Instance {
			fmt.Printf("import %s %s: %s\n", inst.Name, f.Name, f.Func)
			linker.Instance(inst.Name).Func(f.Name, host.Func(func(_ *host.Call, args []any) (any, error) {
				return fmt.Sprintf("(%d arguments)", len(args)), nil
			}))
		}
	}
	pre, err := linker.Link(component)
	if err != nil {
		log.Fatal(err)
	}
	in, err := pre.Instantiate(ctx, host.InstanceConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer in.Close(ctx)

	greet, err := pre.Function("", "greet")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("export greet:", greet.Type())
	_, err = greet.Call(ctx, in, 42)
	fmt.Println("error:", err)
	answer, err := greet.Call(ctx, in, "hello ")
	fmt.Println(answer, err)
	// Output:
	// import test:greeter/names@0.1.0 name: func() -> string
	// export greet: func(greeting: string) -> string
	// error: greet: param 1 (greeting): string wants string, have int
	// hello (0 arguments) <nil>
}
