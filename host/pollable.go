package host

// A PollSource is something a guest may wait for.
type PollSource interface {
	// Ready tells whether waiting would end at once. It runs on the driver
	// and does not block.
	Ready() bool
	// Notify asks for one call of wake once Ready holds; wake may be called
	// from any goroutine, also before Notify returns. The function it answers
	// ends the interest; wake is harmless afterwards, and so is a second stop.
	Notify(wake func()) (stop func())
}

// A Pollable is the Go side of wasi:io/poll's resource pollable.
type Pollable struct{ PollSource }

// PollableResource is the resource type of wasi:io/poll's pollable. Package
// host/wasi gives it its methods; isyswasfa:io/poll waits for it.
var PollableResource = NewResource("pollable", func(*Instance, *Pollable) {})
