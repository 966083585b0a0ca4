package trace

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// Instances gives the numbers of the instances that records tell of, in the
// order of their first events.
func Instances(records []Record) []uint64 {
	var all []uint64
	seen := map[uint64]bool{}
	for i := range records {
		if n := records[i].Instance; !seen[n] {
			seen[n] = true
			all = append(all, n)
		}
	}
	return all
}

// Draw draws what happened in one instance as a sequence diagram, in SVG. Time
// runs downwards, from the instance's first event, though not to scale. The
// error is w's, or that nothing is known of the instance.
func Draw(w io.Writer, records []Record, instance uint64) error {
	var mine []Record
	for _, r := range records {
		if r.Instance == instance {
			mine = append(mine, r)
		}
	}
	if mine == nil {
		return fmt.Errorf("the trace has no instance %d", instance)
	}
	begin := mine[0].Time
	for i := range mine {
		mine[i].Time -= begin
	}
	d := &drawing{w: bufio.NewWriter(w), layout: arrange(mine)}
	d.draw()
	return d.w.Flush()
}

// A drawing writes SVG; the writer keeps its error.
type drawing struct {
	*layout
	w *bufio.Writer
}

const legend = "A bar is a task: full while it runs, hollow while it waits."

const style = `
svg { background: #fff; font: 11px ui-sans-serif, system-ui, "Helvetica Neue", Arial, sans-serif; }
text { fill: #1f2933; }
.time { fill: #7b8794; text-anchor: end; font-size: 10px; }
.head rect { fill: #f0f4f8; stroke: #9fb3c8; rx: 4px; }
.head text { text-anchor: middle; font-weight: 600; }
.life { stroke: #cbd2d9; stroke-dasharray: 2 4; }
.row { stroke: #f0f4f8; }
.runs { fill: #2f7ed8; stroke: #1f5fa8; }
.waits { fill: #fff; stroke: #2f7ed8; }
.host.runs { fill: #d9a441; stroke: #a87718; }
path { fill: none; stroke-width: 1.2; }
.call { stroke: #1f2933; }
.result { stroke: #2b8a3e; stroke-dasharray: 5 3; }
.pending { stroke: #9aa5b1; stroke-dasharray: 2 3; }
.cancel { stroke: #c92a2a; stroke-dasharray: 5 3; }
text.result { fill: #2b8a3e; } text.pending { fill: #7b8794; } text.cancel { fill: #c92a2a; }
text.call, text.result, text.pending, text.cancel { stroke: none; }
.note { fill: #c92a2a; font-weight: 600; }
.legend { fill: #7b8794; }
`

func (d *drawing) draw() {
	last := d.lanes[len(d.lanes)-1]
	width := max(last.x+last.gap+float64(last.slots)*slotWidth, timeWidth+float64(len(legend))*letter)
	bottom := d.y
	d.printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f">`+"\n", width, bottom+40, width, bottom+40)
	d.printf("<style>%s</style>\n", style)
	d.printf("<defs>\n")
	for _, m := range [...][2]string{{"call", "#1f2933"}, {"result", "#2b8a3e"}, {"pending", "#9aa5b1"}, {"cancel", "#c92a2a"}} {
		d.printf(`<marker id="%s" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0 L8,4 L0,8 z" style="fill:%s"/></marker>`+"\n", m[0], m[1])
	}
	d.printf("</defs>\n")
	d.drawRows(width)
	d.drawLanes(bottom)
	for _, b := range d.bars {
		d.bar(b)
	}
	for i := range d.arrows {
		d.arrow(&d.arrows[i])
	}
	for _, n := range d.notes {
		d.printf(`<text class="note" x="%d" y="%.1f">%s</text>`+"\n", timeWidth+10, n.y+4, escape(n.text))
	}
	d.printf(`<text class="legend" x="%d" y="%.1f">%s</text>`+"\n</svg>\n", timeWidth+10, bottom+26, legend)
}

func (d *drawing) printf(format string, args ...any) { fmt.Fprintf(d.w, format, args...) }

// escape makes text fit for XML.
func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

// drawRows writes the times, one for rows of the same moment.
func (d *drawing) drawRows(width float64) {
	shown := ""
	for _, r := range d.rows {
		d.printf(`<line class="row" x1="%d" x2="%.0f" y1="%.1f" y2="%.1f"/>`+"\n", timeWidth+6, width, r.y, r.y)
		if t := moment(r.time); t != shown {
			d.printf(`<text class="time" x="%d" y="%.1f">%s</text>`+"\n", timeWidth, r.y+3.5, t)
			shown = t
		}
	}
}

// moment writes a time to as many places as matter.
func moment(t time.Duration) string {
	ms := float64(t) / float64(time.Millisecond)
	if ms < 10 {
		return fmt.Sprintf("%.2f ms", ms)
	}
	return fmt.Sprintf("%.1f ms", ms)
}

func (d *drawing) drawLanes(bottom float64) {
	for _, ln := range d.lanes {
		width := float64(len(ln.name))*letter + 22
		d.printf(`<line class="life" x1="%.1f" x2="%.1f" y1="%d" y2="%.1f"/>`+"\n", ln.x, ln.x, headHeight-8, bottom)
		d.printf(`<g class="head"><rect x="%.1f" y="14" width="%.1f" height="22"/><text x="%.1f" y="29">%s</text></g>`+"\n",
			ln.x-width/2, width, ln.x, escape(ln.name))
	}
}

func (d *drawing) bar(b *bar) {
	host := ""
	if b.lane.index == 0 {
		host = "host "
	}
	x := point{b.lane, b.slot}.x() - barWidth/2.0
	d.printf("<g><title>%s</title>\n", escape(b.title))
	for i, s := range b.segments {
		end := b.end
		if i+1 < len(b.segments) {
			end = b.segments[i+1].y
		}
		class := "waits"
		if s.runs {
			class = "runs"
		}
		d.printf(`<rect class="%s%s" x="%.1f" y="%.1f" width="%d" height="%.1f"/>`+"\n", host, class, x, s.y, barWidth, max(end-s.y, 2))
	}
	d.printf("</g>\n")
}

func (d *drawing) arrow(a *arrow) {
	from, to := a.from.x(), a.to.x()
	d.printf("<g><title>%s</title>", escape(a.title))
	switch {
	case a.from.lane == a.to.lane:
		side := max(from, to) + barWidth/2.0
		d.printf(`<path class="%s" marker-end="url(#%s)" d="M%.1f,%.1f h14 v6 H%.1f"/>`, a.class, a.class, side, a.y-6, to+barWidth/2.0+1)
		d.label(a, side+18, "start")
	case from < to:
		d.line(a, from+barWidth/2.0, to-barWidth/2.0-1)
		d.label(a, from+slotWidth*float64(a.from.lane.slots-a.from.slot), "start")
	default:
		d.line(a, from-barWidth/2.0, to+barWidth/2.0+1)
		d.label(a, a.from.lane.x-slotWidth, "end")
	}
	d.printf("</g>\n")
}

func (d *drawing) line(a *arrow, from, to float64) {
	d.printf(`<path class="%s" marker-end="url(#%s)" d="M%.1f,%.1f H%.1f"/>`, a.class, a.class, from, a.y, to)
}

func (d *drawing) label(a *arrow, x float64, anchor string) {
	d.printf(`<text class="%s" text-anchor="%s" x="%.1f" y="%.1f">%s</text>`, a.class, anchor, x, a.y-4, escape(a.label))
}
