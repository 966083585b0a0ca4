package trace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/isyswasfa/isyswasfa/host"
)

// A Record is an event and when it was, from the beginning of the trace.
type Record struct {
	Time time.Duration
	host.Event
}

// Read reads a file that a [Writer] has written, though it may have been cut
// off: then what is whole counts. Entries of others are passed over.
func Read(r io.Reader) ([]Record, error) {
	d := json.NewDecoder(r)
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, errors.New("not a trace: it should begin with [")
	}
	var all []Record
	for d.More() {
		at := d.InputOffset()
		var e entry
		switch err := d.Decode(&e); {
		case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("not a trace: after byte %d: %w", at, err)
		}
		if e.Args == nil || e.Args.Event == "" {
			continue
		}
		record, err := e.record()
		if err != nil {
			return nil, fmt.Errorf("not a trace: after byte %d: %w", at, err)
		}
		all = append(all, record)
	}
	return all, nil
}

func (e *entry) record() (r Record, err error) {
	a := e.Args
	kind := slices.Index(kinds[:], a.Event)
	if kind < 0 {
		return r, fmt.Errorf("an event of the unknown kind %q", a.Event)
	}
	r = Record{time.Duration(e.Time * 1000), host.Event{
		Kind:            host.EventKind(kind),
		Instance:        e.Process,
		Component:       a.Component,
		Task:            a.Task,
		Func:            a.Func,
		Caller:          a.Caller,
		CallerComponent: a.CallerComponent,
		On:              a.On,
	}}
	for _, p := range a.Inputs {
		r.Inputs = append(r.Inputs, host.PollEvent(p))
	}
	for _, p := range a.Outputs {
		r.Outputs = append(r.Outputs, host.PollEvent(p))
	}
	if a.Error != "" {
		r.Err = errors.New(a.Error)
	}
	for o := host.Returned; o <= host.Dropped; o++ {
		if o.String() == a.Outcome {
			r.Outcome = o
		}
	}
	return r, nil
}
