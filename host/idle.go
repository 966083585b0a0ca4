package host

import "context"

// Idle tells whether nothing is going on: no call, no guest that waits for a
// task, no host work, nothing queued. It waits for the driver.
func (in *Instance) Idle() bool {
	idle := true
	in.onDriver(func() { idle = in.idle() })
	return idle
}

// WaitIdle waits until [Instance.Idle] holds, or the instance fails or
// closes, whose error it answers.
func (in *Instance) WaitIdle(ctx context.Context) error { return in.waitIdle(ctx) }

// Close ends the instance: pending calls answer [ErrClosed], host functions
// that have not resolved are cancelled, handles are dropped, memories freed.
// It waits for a guest that is running, unless ctx is cancelled first; then
// the instance closes as soon as the guest calls the host or returns. Closing
// again is harmless.
func (in *Instance) Close(ctx context.Context) error { return in.close(ctx) }
