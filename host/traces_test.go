package host

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestTraces plays what the convention's text traces: calls that wait, nested
// ones, one that nobody waits for, and cancellations. The components are
// polled in either order, and both of them in every round.
func TestTraces(t *testing.T) {
	var sections []txtar.File
	for _, scene := range []struct {
		name string
		play func(s *stage)
	}{
		{"round trip", playRoundTrip},
		{"nested call", playNested},
		{"spawned task", playSpawn},
		{"cancelled call", playCancel},
		{"cancelled before listening", playCancelEarly},
		{"ready crosses cancel", playCrossing},
		{"two waits for one stream", playTwoWaits},
		{"two calls of one instance", playTwoCalls},
	} {
		for _, order := range []string{"AB", "BA", "ABAB"} {
			s := newStage(t, strings.Split(order[:2], "")...)
			s.eager = order == "ABAB"
			scene.play(s)
			s.settle()
			s.empty()
			polls, _ := sorted(s.text.String())
			sections = append(sections, txtar.File{Name: scene.name + ", " + order, Data: polls})
		}
	}
	golden(t, "testdata/traces.txtar", "What components are told and answer, by the order in which they are polled.\n", sections...)
}

// playRoundTrip has a guest wait for a timer, then for a host function; then
// its export is done.
func playRoundTrip(s *stage) {
	timer := &event{}
	t1, t2 := s.wait(timer, "T1"), s.makeTask("A", "T2")
	s.enter("A")
	s.await(t2)
	var t3 *task
	var work *hostWork
	s.on("A[]", func() []pollOutput { return outs(oListen(1, t1), oPending(2, t2)) })
	s.on("A[ready(1,T1)]", func() []pollOutput {
		s.take(t1, waitTask)
		t3, work = s.host("T3")
		return outs(oListen(3, t3))
	})
	s.on("A[ready(3,T3)]", func() []pollOutput {
		s.take(t3, hostTask)
		return outs(oReady(4, t2))
	})
	s.settle()
	timer.fire()
	s.settle()
	work.settle(nil, nil)
}

// playNested has the host call A, which calls B, which waits for a pollable.
func playNested(s *stage) {
	e := &event{}
	t1, t2, t3 := s.wait(e, "T1"), s.makeTask("B", "T2"), s.makeTask("A", "T3")
	s.enter("A")
	s.enter("B")
	s.await(t3)
	s.on("A[]", func() []pollOutput { return outs(oListen(10, t2), oPending(11, t3)) })
	s.on("B[]", func() []pollOutput { return outs(oListen(20, t1), oPending(21, t2)) })
	s.on("B[ready(20,T1)]", func() []pollOutput {
		s.take(t1, waitTask)
		return outs(oReady(21, t2))
	})
	s.on("A[ready(10,T2)]", func() []pollOutput {
		t2.released(cancelHandle)
		s.result("B", t2)
		return outs(oReady(11, t3))
	})
	s.settle()
	e.fire()
}

// playSpawn has a task outlive the call that made it.
func playSpawn(s *stage) {
	e := &event{}
	t1, t2 := s.wait(e, "T1"), s.makeTask("A", "T2")
	t2.released(pendingHandle)
	s.enter("A")
	s.on("A[]", func() []pollOutput { return outs(oListen(1, t1), oPending(2, t2)) })
	s.on("A[ready(1,T1)]", func() []pollOutput {
		s.take(t1, waitTask)
		return outs(oReady(2, t2))
	})
	s.settle()
	e.fire()
}

// playCancel has A race B's task against a timer and cancel the loser, which
// waits for a host function and a pollable.
func playCancel(s *stage) {
	t1, slow := s.host("T1")
	timer, never := &event{}, &event{}
	t2, t3, t4, t5 := s.makeTask("B", "T2"), s.wait(timer, "T3"), s.makeTask("A", "T4"), s.wait(never, "T5")
	cancelled := 0
	slow.onCancel(func() { cancelled++ })
	s.enter("A")
	s.enter("B")
	s.await(t4)
	s.on("A[]", func() []pollOutput { return outs(oListen(10, t2), oListen(11, t3), oPending(12, t4)) })
	s.on("B[]", func() []pollOutput { return outs(oListen(20, t1), oListen(22, t5), oPending(21, t2)) })
	s.on("A[ready(11,T3)]", func() []pollOutput {
		s.take(t3, waitTask)
		return outs(oCancel(t2), oReady(12, t4))
	})
	s.on("B[cancel(21,T2)]", func() []pollOutput {
		t2.released(readyHandle)
		return outs(oCancel(t1), oCancel(t5))
	})
	s.on("B[cancel-complete(20) cancel-complete(22)]", func() []pollOutput { return outs(oCancelComplete(t2)) })
	s.settle()
	timer.fire()
	s.settle()
	if cancelled != 1 || never.stopped != 1 {
		s.Errorf("the host function was cancelled %d times, the wait %d times", cancelled, never.stopped)
	}
}

// playCancelEarly has a wait dropped before its listening has arrived.
func playCancelEarly(s *stage) {
	t1, _ := s.host("T1")
	s.enter("A")
	s.on("A[]", func() []pollOutput { return outs(oListen(1, t1)) })
	s.on("A[listening(1,T1)]", func() []pollOutput { return outs(oCancel(t1)) })
}

// playCrossing has B finish while A asks to cancel: A gets what it does not
// want any more, and B throws the result away.
func playCrossing(s *stage) {
	t1 := s.makeTask("B", "T1")
	e := &event{}
	t2 := s.wait(e, "T2")
	s.enter("A")
	s.enter("B")
	s.on("A[]", func() []pollOutput { return outs(oListen(1, t1), oListen(2, t2)) })
	s.on("B[]", func() []pollOutput { return outs(oPending(3, t1)) })
	s.settle()
	s.enter("B")
	finished := false
	s.on("B[]", func() []pollOutput {
		finished = true
		return outs(oReady(3, t1))
	})
	e.fire()
	giveUp := func() []pollOutput { // T2 ends first, then T1 is found ready
		t1.released(readyHandle)
		s.take(t2, waitTask)
		return outs(oCancel(t1))
	}
	s.on("A[ready(2,T2) ready(1,T1)]", giveUp)
	s.on("A[ready(2,T2)]", func() []pollOutput {
		s.take(t2, waitTask)
		return outs(oCancel(t1))
	})
	s.on("A[ready(1,T1)]", func() []pollOutput {
		t1.released(readyHandle)
		return nil
	})
	s.on("B[cancel(3,T1)]", func() []pollOutput {
		delete(s.play, "B[]")
		if finished {
			return outs(oCancelComplete(t1))
		}
		return outs(oReady(3, t1), oCancelComplete(t1)) // it has finished meanwhile
	})
	s.settle()
	clear(s.play) // what the other order needs
}

// playTwoWaits has two tasks wait for the same stream: both are woken.
func playTwoWaits(s *stage) {
	e := &event{}
	t1, t2 := s.wait(e, "T1"), s.wait(e, "T2")
	s.enter("A")
	s.enter("B")
	s.on("A[]", func() []pollOutput { return outs(oListen(1, t1)) })
	s.on("B[]", func() []pollOutput { return outs(oListen(2, t2)) })
	s.on("A[ready(1,T1)]", func() []pollOutput { s.take(t1, waitTask); return nil })
	s.on("B[ready(2,T2)]", func() []pollOutput { s.take(t2, waitTask); return nil })
	s.settle()
	e.fire()
}

// playTwoCalls has two calls of the host wait for one instance, which ends the
// second one first.
func playTwoCalls(s *stage) {
	t1, t2 := s.makeTask("A", "T1"), s.makeTask("A", "T2")
	t3, first := s.host("T3")
	t4, second := s.host("T4")
	s.enter("A")
	s.await(t1)
	s.await(t2)
	s.on("A[]", func() []pollOutput { return outs(oListen(1, t3), oPending(2, t1), oListen(3, t4), oPending(4, t2)) })
	s.on("A[ready(3,T4)]", func() []pollOutput { s.take(t4, hostTask); return outs(oReady(4, t2)) })
	s.on("A[ready(1,T3)]", func() []pollOutput { s.take(t3, hostTask); return outs(oReady(2, t1)) })
	s.settle()
	second.settle(nil, nil)
	s.settle()
	first.settle(nil, nil)
}
