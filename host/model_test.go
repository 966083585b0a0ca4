package host

import (
	"fmt"
	"slices"
)

// A protocolModel is the protocol as its text has it, without handles: who
// listens to which task, and which events the components are to get. It is
// told what happens, and says what each component's next inputs must be.
type protocolModel struct {
	tasks map[*task]*modelTask
	queue [][]string // by component
	done  []*task    // that calls of the host wait for
}

type modelTask struct {
	owner     int // -1 for tasks of the host
	state     taskState
	listening bool
	byHost    bool
	comp      int
	wait      uint32 // the listener's number
	known     bool   // the owner has told its number
	number    uint32
	asked     bool // the owner was told to cancel
	wasted    bool // its result was thrown away unseen
	unwanted  bool // the host's call was given up before the owner had told its number
}

func newModel(comps int) *protocolModel {
	return &protocolModel{tasks: map[*task]*modelTask{}, queue: make([][]string, comps)}
}

func (m *protocolModel) push(comp int, format string, args ...any) {
	m.queue[comp] = append(m.queue[comp], fmt.Sprintf(format, args...))
}

func (m *protocolModel) made(t *task, owner int) { m.tasks[t] = &modelTask{owner: owner} }

// take gives what a component is to be told now.
func (m *protocolModel) take(comp int) []string {
	q := m.queue[comp]
	m.queue[comp] = nil
	return q
}

// tell ends the listening with its answer.
func (m *protocolModel) tell(t *task, answer string) {
	x := m.tasks[t]
	if !x.listening {
		return
	}
	x.listening = false
	switch {
	case !x.byHost:
		m.push(x.comp, "%s(%d)", answer, x.wait)
	case answer == "ready":
		m.done = append(m.done, t)
	}
}

func (m *protocolModel) cancel(t *task) {
	x := m.tasks[t]
	x.asked = true
	m.push(x.owner, "cancel(%d)", x.number)
}

func (m *protocolModel) listen(t *task, comp int, wait uint32, byHost bool) {
	x := m.tasks[t]
	x.listening, x.comp, x.wait, x.byHost = true, comp, wait, byHost
	switch {
	case x.state == taskReady:
		m.tell(t, "ready")
	case !byHost && (x.owner < 0 || x.known):
		m.push(comp, "listening(%d)", wait)
	}
}

// output is an event from a component.
func (m *protocolModel) output(comp int, o pollOutput) {
	switch o.Case {
	case outListen:
		m.listen(o.Listen.Task, comp, o.Listen.State, false)
	case outPending:
		x := m.tasks[o.Pending.Task]
		x.known, x.number = true, o.Pending.State
		switch {
		case x.listening && !x.byHost:
			m.push(x.comp, "listening(%d)", x.wait)
		case x.unwanted:
			m.cancel(o.Pending.Task)
		}
	case outReady:
		x := m.tasks[o.Ready.Task]
		x.state = taskReady
		if i := slices.Index(m.queue[comp], fmt.Sprintf("cancel(%d)", x.number)); i >= 0 { // too late
			m.queue[comp] = slices.Delete(m.queue[comp], i, i+1)
			x.asked = false
		}
		m.tell(o.Ready.Task, "ready")
	case outCancel:
		switch x := m.tasks[o.Cancel]; {
		case x.wasted:
			m.cancel(o.Cancel)
		case !x.listening: // the answer is under way
		case x.owner >= 0:
			m.cancel(o.Cancel)
		default:
			x.state = taskOver
			m.tell(o.Cancel, "cancel-complete")
		}
	case outCancelComplete:
		m.tasks[o.CancelComplete].state = taskOver
		m.tell(o.CancelComplete, "cancel-complete")
	}
}

// happened is the outcome of a host function, or that a wait is over.
func (m *protocolModel) happened(t *task) {
	if x := m.tasks[t]; x != nil && x.state == taskPending {
		x.state = taskReady
		m.tell(t, "ready")
	}
}

// dropped is for a pending handle that was not used.
func (m *protocolModel) dropped(t *task) {
	if x := m.tasks[t]; x.owner < 0 {
		x.state = taskOver
	}
}

// wasted is for a ready handle whose result nobody will ask for. If the same
// component has just asked to cancel the task, that counts.
func (m *protocolModel) wasted(t *task, canceling bool) {
	x := m.tasks[t]
	switch {
	case x.owner < 0 || x.state != taskReady || x.asked:
	case canceling:
		x.wasted = true
	default:
		m.cancel(t)
	}
}

// abandoned is for a call that the host gives up.
func (m *protocolModel) abandoned(t *task) {
	switch x := m.tasks[t]; {
	case x.state != taskPending || x.asked:
	case x.known:
		m.cancel(t)
	default:
		x.unwanted = true
	}
}

// counts gives what the router counts as listens and host work.
func (m *protocolModel) counts() (waits, hosts int) {
	for _, x := range m.tasks {
		if x.listening {
			waits++
		}
		if x.owner < 0 && x.state == taskPending {
			hosts++
		}
	}
	return waits, hosts
}
