package host

import (
	"fmt"
	"slices"
	"strings"
)

// A deadlockError tells what waits for what: the call that gets it, and then
// all of them if there are several.
type deadlockError struct{ text string }

func (e *deadlockError) Error() string { return errDeadlock.Error() + ": " + e.text }

// Unwrap gives the message of the convention, which is how it begins.
func (e *deadlockError) Unwrap() error { return errDeadlock }

// Limits on what a message names.
const (
	maxWaitDepth  = 8 // tasks that wait for one another
	maxWaitsNamed = 4 // of several that wait
)

// deadlocks gives the errors for the ops that wait in vain. What each of them
// waits for is known, but which of its tasks a component waits for is what
// [Event] says.
func (r *router) deadlocks(ops []*op) []error {
	w := waitNames{r: r, waits: map[caller][]*task{}}
	w.add(&r.guests)
	w.add(&r.hosts) // forked calls: there are no others
	lines := make([]string, len(ops))
	for i, o := range ops {
		lines[i] = w.chain(o.task)
	}
	all := ""
	if len(ops) > 1 {
		all = fmt.Sprintf("; %d calls wait in all: %s", len(ops), several(slices.Clone(lines)))
	}
	errs := make([]error, len(ops))
	for i, line := range lines {
		errs[i] = &deadlockError{line + all}
	}
	return errs
}

// waitNames writes down which task waits for which.
type waitNames struct {
	r     *router
	waits map[caller][]*task
}

// add notes who listens to the tasks of a list.
func (w *waitNames) add(l *taskList) {
	for t := l.first; t != nil; t = t.next {
		if t.listen.set && t.listen.op == nil {
			by := caller{comp: t.listen.comp}
			if t.by.comp == by.comp {
				by.task = t.by.task
			}
			w.waits[by] = append(w.waits[by], t)
		}
	}
}

// chain says what a task waits for, and what that waits for.
func (w *waitNames) chain(t *task) string {
	var s strings.Builder
	for depth := 0; ; depth++ {
		if depth == maxWaitDepth {
			s.WriteString(" ...")
			break
		}
		if depth > 0 {
			s.WriteString(", which")
		} else {
			s.WriteString(w.name(t))
		}
		if t.inner { // for what is the wait of another op
			s.WriteString(" has not answered")
			break
		}
		waits := w.waits[caller{t.owner, t.id}]
		if len(waits) != 1 {
			s.WriteString(w.several(waits, t))
			break
		}
		t = waits[0]
		s.WriteString(" waits for " + w.name(t))
	}
	return s.String()
}

func (w *waitNames) name(t *task) string {
	return fmt.Sprintf("%s of component instance %s", t.describe(), w.r.name(t.owner))
}

// several says for what a task waits that does not wait for exactly one other.
func (w *waitNames) several(waits []*task, t *task) string {
	if len(waits) == 0 {
		waits = w.waits[caller{comp: t.owner}]
		if len(waits) == 0 {
			return " waits for nothing outside its component"
		}
		return " waits, and so does its component for " + w.names(waits)
	}
	return " waits for " + w.names(waits)
}

func (w *waitNames) names(waits []*task) string {
	list := make([]string, len(waits))
	for i, t := range waits {
		list[i] = w.name(t)
	}
	return several(list)
}

// several joins equal and many lines.
func several(lines []string) string {
	slices.Sort(lines)
	var list []string
	for i := 0; i < len(lines); {
		n := 1
		for i+n < len(lines) && lines[i+n] == lines[i] {
			n++
		}
		switch {
		case len(list) == maxWaitsNamed:
			return strings.Join(list, "; ") + fmt.Sprintf("; and %d more", len(lines)-i)
		case n > 1:
			list = append(list, fmt.Sprintf("%d times %s", n, lines[i]))
		default:
			list = append(list, lines[i])
		}
		i += n
	}
	return strings.Join(list, "; ")
}
