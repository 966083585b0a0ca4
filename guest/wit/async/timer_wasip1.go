package async

// timer is the one wait that stands for the runtime's timers.
var timer struct {
	wait     *wait // nil if not armed
	deadline int64 // nanotime
	pollable int32
}

// settle runs the component until no goroutine can run, and sees to it that
// the host wakes it when the next timer is due.
func settle() {
	for {
		deadline := waitIdle()
		if !busy() {
			deadline = 0
		}
		if arm(deadline) {
			return
		}
	}
}

// arm makes the host call no later than deadline; 0 is never. It returns
// false if the deadline has passed.
func arm(deadline int64) bool {
	if deadline == 0 {
		disarm()
		return true
	}
	if timer.wait != nil && timer.deadline <= deadline {
		return true // wakes early enough, and is armed anew then
	}
	left := deadline - nanotime()
	if left <= 0 {
		return false
	}
	disarm()
	pollable := rawSubscribeDuration(uint64(left))
	pending, ok := blockStart(pollable)
	if ok {
		rawDropPollable(pollable)
		return false
	}
	timer.wait, timer.deadline, timer.pollable = &wait{}, deadline, pollable
	listen(timer.wait, pending)
	return true
}

func disarm() {
	if w := timer.wait; w != nil {
		timer.wait = nil
		w.pollable = timer.pollable
		w.abandon()
	}
}

// timerFired ends the timer's wait.
func timerFired() {
	rawDropPollable(timer.pollable)
	timer.wait = nil
}
