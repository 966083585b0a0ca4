package wasm

// CheckForm reads the sections that Parse passes through: element segments,
// function bodies and data segments. It sees to it that all is there that they
// promise, for engines believe it and allocate that much.
func (m *Module) CheckForm() error {
	if _, err := m.Elems(); err != nil {
		return err
	}
	if _, err := m.Bodies(); err != nil {
		return err
	}
	_, err := m.Datas()
	return err
}
