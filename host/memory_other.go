//go:build !linux

package host

import "github.com/tetratelabs/wazero/experimental"

// A memoryPool is for systems where ranges of memory can be kept; on others
// linear memories are wazero's own.
type memoryPool struct{ experimental.MemoryAllocator }

func newMemoryPool() *memoryPool { return nil }

func (p *memoryPool) close() {}

func (p *memoryPool) sparing() experimental.MemoryAllocator { return p }
