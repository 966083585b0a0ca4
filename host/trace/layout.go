package trace

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
)

// Sizes of a drawing, in pixels.
const (
	rowHeight  = 22
	slotWidth  = 10 // from bar to bar of one lane
	barWidth   = 7
	timeWidth  = 76  // of the column with the times
	laneGap    = 110 // least distance of lanes
	headHeight = 44
	letter     = 6.2 // mean width of one in a label
	maxLabel   = 40  // letters
	maxRows    = 2000
)

// A layout says where everything of a drawing is.
type layout struct {
	lanes  []*lane
	bars   []*bar
	arrows []arrow
	rows   []row
	notes  []note

	byName map[string]*lane
	tasks  map[host.TaskID]*bar
	wakes  map[host.TaskID]bool // tasks that wake somebody
	y      float64
	last   time.Duration
}

// A lane is the column of a component, or of the host.
type lane struct {
	name     string
	index    int
	previous *lane
	x        float64 // of the first slot
	open     []*bar  // by slot
	slots    int
	gap      float64 // to the next lane, at least
}

// A bar is a task.
type bar struct {
	lane     *lane
	slot     int
	task     host.TaskID
	title    string
	caller   *bar  // nil if it is not known
	from     *lane // of the caller
	begin    float64
	end      float64 // 0 while it is open
	segments []segment
}

// A segment of a bar reaches to the next one, or to the bar's end.
type segment struct {
	y    float64
	runs bool
}

// A row is a moment.
type row struct {
	y    float64
	time time.Duration
}

// An arrow goes from a bar, or its lane if there is none, to another.
type arrow struct {
	y        float64
	from, to point
	class    string
	label    string
	title    string
}

type point struct {
	lane *lane
	slot int
}

// A note is a line of text across the drawing.
type note struct {
	y    float64
	text string
}

// arrange lays out the events of one instance.
func arrange(records []Record) *layout {
	l := &layout{byName: map[string]*lane{}, tasks: map[host.TaskID]*bar{}, wakes: map[host.TaskID]bool{}, y: headHeight}
	l.lane("")
	for i := range records {
		if records[i].Kind == host.EventWake {
			l.wakes[records[i].On] = true
		}
	}
	for i := range records {
		if len(l.rows) >= maxRows {
			l.step(records[i].Time)
			l.notes = append(l.notes, note{l.y, fmt.Sprintf("… and %d more events", len(records)-i)})
			break
		}
		l.add(records, i)
	}
	l.y += rowHeight
	for _, b := range l.bars {
		if b.end == 0 {
			b.end = l.y
		}
	}
	l.place()
	return l
}

func (l *layout) add(records []Record, i int) {
	r := &records[i]
	switch r.Kind {
	case host.EventStart:
		l.start(r)
	case host.EventReturn:
		if b := l.tasks[r.Task]; b != nil && !endsAt(records, i+1, r.Task) {
			l.step(r.Time)
			l.answer(b, "pending", "pending")
			l.run(b, false)
		}
	case host.EventWait:
		l.run(l.tasks[r.Task], false)
	case host.EventWake:
		l.wake(r)
	case host.EventCancel:
		l.step(r.Time)
		l.arrow(l.at(r.Task, r.Component), l.at(r.On, ""), "cancel", "cancel")
	case host.EventEnd:
		l.end(r)
	case host.EventFail:
		if r.Err != nil && r.Err.Error() != host.ErrClosed.Error() {
			l.step(r.Time)
			l.notes = append(l.notes, note{l.y, r.Err.Error()})
		}
	}
}

// endsAt tells whether the event at i is the end of a task.
func endsAt(records []Record, i int, task host.TaskID) bool {
	return i < len(records) && records[i].Kind == host.EventEnd && records[i].Task == task
}

// step begins a row; the longer nothing happened the further below.
func (l *layout) step(t time.Duration) {
	idle := max(0, float64(t-l.last)/float64(time.Millisecond)) // a file may have times in any order
	if len(l.rows) == 0 {
		idle = 0
	}
	l.y += rowHeight + min(2*rowHeight, 8*math.Log2(1+idle))
	l.last = t
	l.rows = append(l.rows, row{l.y, t})
}

func (l *layout) start(r *Record) {
	l.step(r.Time)
	ln := l.lane(r.Component)
	b := &bar{lane: ln, task: r.Task, title: r.Func, caller: l.tasks[r.Caller], from: l.lane(r.CallerComponent), begin: l.y}
	if b.caller != nil {
		b.from = b.caller.lane
	}
	b.slot = ln.take(b)
	l.bars = append(l.bars, b)
	l.tasks[r.Task] = b
	l.run(b, true)
	l.arrow(b.origin(), point{ln, b.slot}, "call", r.Func)
}

// origin is where a task was called from.
func (b *bar) origin() point {
	if b.caller != nil {
		return point{b.caller.lane, b.caller.slot}
	}
	return point{b.from, 0}
}

// answer draws what a task says to its caller.
func (l *layout) answer(b *bar, class, label string) {
	l.arrow(point{b.lane, b.slot}, b.origin(), class, label)
}

func (l *layout) wake(r *Record) {
	l.step(r.Time)
	label := "ready"
	if on := l.tasks[r.On]; on != nil {
		label = "ready: " + on.title
		l.close(on)
	}
	l.arrow(l.at(r.On, ""), l.at(r.Task, r.Component), "result", label)
	l.run(l.tasks[r.Task], true)
}

// end ends a task, unless it wakes somebody, which will be drawn.
func (l *layout) end(r *Record) {
	b := l.tasks[r.Task]
	if b == nil || l.wakes[r.Task] {
		return
	}
	l.step(r.Time)
	switch r.Outcome {
	case host.Returned:
		l.answer(b, "result", "result")
	case host.Cancelled:
		l.answer(b, "cancel", "cancelled")
	case host.Dropped:
		l.answer(b, "pending", "dropped")
	}
	l.close(b)
}

// run begins a part of a bar, nil for none, in which the task runs or waits.
func (l *layout) run(b *bar, runs bool) {
	if b == nil || b.end != 0 {
		return
	}
	if n := len(b.segments); n == 0 || b.segments[n-1].runs != runs {
		b.segments = append(b.segments, segment{l.y, runs})
	}
}

func (l *layout) close(b *bar) {
	if b.end == 0 {
		b.end = l.y
		b.lane.open[b.slot] = nil
	}
}

func (l *layout) arrow(from, to point, class, label string) {
	a := arrow{y: l.y, from: from, to: to, class: class, label: short(label), title: label}
	l.arrows = append(l.arrows, a)
	width := float64(len([]rune(a.label)))*letter + 24
	at := a.first()
	at.gap = max(at.gap, width)
}

// first is the lane left of the first gap that an arrow crosses, which has its
// label. An arrow from a lane to itself has it on the right.
func (a *arrow) first() *lane {
	if a.to.lane.index < a.from.lane.index {
		return a.from.lane.previous
	}
	return a.from.lane
}

// short gives a label without the package and interface of a function, and
// with the resources of futures and streams as what they are.
func short(label string) string {
	prefix, rest, ok := strings.Cut(label, ": ")
	if ok {
		prefix += ": "
	} else {
		prefix, rest = "", label
	}
	if iface, name, ok := strings.Cut(rest, " "); ok && strings.ContainsAny(iface, ":/") {
		rest = name
	}
	if _, member, ok := strings.Cut(rest, "]"); ok && strings.HasPrefix(rest, "[") {
		rest = carriers.Replace(member)
	}
	text := []rune(prefix + rest)
	if len(text) > maxLabel {
		text = append(text[:maxLabel-1], '…')
	}
	return string(text)
}

var carriers = strings.NewReplacer(
	"isyswasfa-stream-receiver-", "stream ", "isyswasfa-stream-sender-", "stream ",
	"isyswasfa-receiver-", "future ", "isyswasfa-sender-", "future ",
)

// at gives the place of a task's bar, or of a component's lane.
func (l *layout) at(task host.TaskID, component string) point {
	if b := l.tasks[task]; b != nil {
		return point{b.lane, b.slot}
	}
	return point{l.lane(component), 0}
}

// lane gives the lane of a component, which it may make.
func (l *layout) lane(component string) *lane {
	ln := l.byName[component]
	if ln == nil {
		name := cmp.Or(component, "host")
		if _, inner, ok := strings.Cut(component, "/"); ok {
			name = inner // of the outermost component nothing runs but what is in it
		}
		ln = &lane{name: name, index: len(l.lanes), slots: 1, gap: laneGap}
		if n := len(l.lanes); n > 0 {
			ln.previous = l.lanes[n-1]
		}
		l.lanes = append(l.lanes, ln)
		l.byName[component] = ln
	}
	return ln
}

// take gives a bar the first free slot.
func (ln *lane) take(b *bar) int {
	for i, other := range ln.open {
		if other == nil {
			ln.open[i] = b
			return i
		}
	}
	ln.open = append(ln.open, b)
	ln.slots = max(ln.slots, len(ln.open))
	return len(ln.open) - 1
}

// place gives the lanes their places.
func (l *layout) place() {
	x := float64(timeWidth + 40)
	for _, ln := range l.lanes {
		ln.gap = max(ln.gap, float64(len(ln.name))*letter+30)
		ln.x = x
		x += ln.gap + float64(ln.slots-1)*slotWidth
	}
}

// x is the middle of the bar at a place.
func (p point) x() float64 { return p.lane.x + float64(p.slot)*slotWidth }
