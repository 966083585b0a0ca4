package encode

import (
	"fmt"
	"strings"

	"github.com/isyswasfa/isyswasfa/internal/wasm"
	"github.com/isyswasfa/isyswasfa/internal/witbinary"
	"github.com/isyswasfa/isyswasfa/wit"
	"github.com/isyswasfa/isyswasfa/wit/std"
)

// worldSection begins the names of the custom sections in which generators of
// bindings leave the world that they were for.
const worldSection = "component-type"

// Embedded gives a core module with the worlds that generators of bindings
// have left in it; they are none if it has no custom section for that.
func Embedded(core []byte) (Module, error) {
	m := Module{Core: core}
	parsed, err := wasm.Parse(core)
	if err != nil {
		return m, err
	}
	for _, c := range parsed.Customs {
		if c.Name != worldSection && !strings.HasPrefix(c.Name, worldSection+":") {
			continue
		}
		text, err := witbinary.ModuleWorld(c.Data)
		if err != nil {
			return m, fmt.Errorf("custom section %s: %w", c.Name, err)
		}
		if len(m.Worlds) > 0 && StringEncoding(text.Encoding) != m.Strings {
			return m, fmt.Errorf("custom section %s: its strings have another encoding than those of the section before", c.Name)
		}
		m.Strings = StringEncoding(text.Encoding)
		resolve, _, err := wit.ParseText(map[string]string{c.Name: text.Text}, std.Files(), wit.Features{"*"})
		if err != nil {
			return m, err
		}
		w, err := resolve.World(text.ID)
		if err != nil {
			return m, fmt.Errorf("custom section %s: %w", c.Name, err)
		}
		m.Worlds = append(m.Worlds, w)
	}
	return m, nil
}
