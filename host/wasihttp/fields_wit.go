package wasihttp

import "github.com/isyswasfa/isyswasfa/host"

type (
	optionString = host.Option[string]

	headerResult = host.Result[struct{}, HeaderError]

	fieldsSelf struct{ Self *Fields }
	fieldsName struct {
		Self *Fields
		Name string
	}
)

// Fields are plain memory, so dropping them needs nothing.
var fieldsResource = host.NewResource[Fields]("fields", nil)

func headerErr[T any](c uint8) host.Result[T, HeaderError] {
	return host.Err[T](HeaderError{Case: c})
}

func headerOutcome(c uint8, ok bool) (headerResult, error) {
	if !ok {
		return headerErr[struct{}](c), nil
	}
	return headerResult{}, nil
}

func addFields(d *host.Definitions) {
	d.Resource("fields", fieldsResource)
	d.Resource("headers", fieldsResource)
	d.Resource("trailers", fieldsResource)
	d.Func("[constructor]fields", host.Func(
		func(*host.Call, struct{}) (*Fields, error) { return &Fields{}, nil }))
	type fieldsResult = host.Result[*Fields, HeaderError]
	d.Func("[static]fields.from-list", host.Func(
		func(_ *host.Call, p struct{ Entries []Field }) (fieldsResult, error) {
			f := &Fields{}
			for _, x := range p.Entries {
				c, ok := f.check(x.Name)
				if ok {
					c, ok = f.add(x.Name, x.Value)
				}
				if !ok {
					return headerErr[*Fields](c), nil
				}
			}
			return host.OK[*Fields, HeaderError](f), nil
		}))
	d.Func("[method]fields.get", host.Func(
		func(_ *host.Call, p fieldsName) ([][]byte, error) { return p.Self.get(p.Name), nil }))
	d.Func("[method]fields.has", host.Func(
		func(_ *host.Call, p fieldsName) (bool, error) { return p.Self.has(p.Name), nil }))
	d.Func("[method]fields.copy-all", host.Func(
		func(_ *host.Call, p fieldsSelf) ([]Field, error) { return p.Self.list, nil }))
	d.Func("[method]fields.clone", host.Func(
		func(_ *host.Call, p fieldsSelf) (*Fields, error) { return p.Self.clone(), nil }))
	addFieldsChanges(d)
}

func addFieldsChanges(d *host.Definitions) {
	type setParams struct {
		Self  *Fields
		Name  string
		Value [][]byte
	}
	d.Func("[method]fields.set", host.Func(
		func(_ *host.Call, p setParams) (headerResult, error) {
			c, ok := p.Self.check(p.Name)
			if ok {
				c, ok = p.Self.set(p.Name, p.Value)
			}
			return headerOutcome(c, ok)
		}))
	type appendParams struct {
		Self  *Fields
		Name  string
		Value []byte
	}
	d.Func("[method]fields.append", host.Func(
		func(_ *host.Call, p appendParams) (headerResult, error) {
			c, ok := p.Self.check(p.Name)
			if ok {
				c, ok = p.Self.add(p.Name, p.Value)
			}
			return headerOutcome(c, ok)
		}))
	d.Func("[method]fields.delete", host.Func(
		func(_ *host.Call, p fieldsName) (headerResult, error) {
			c, ok := p.Self.check(p.Name)
			if ok {
				p.Self.remove(p.Name)
			}
			return headerOutcome(c, ok)
		}))
	type valuesResult = host.Result[[][]byte, HeaderError]
	d.Func("[method]fields.get-and-delete", host.Func(
		func(_ *host.Call, p fieldsName) (valuesResult, error) {
			if c, ok := p.Self.check(p.Name); !ok {
				return headerErr[[][]byte](c), nil
			}
			values := p.Self.get(p.Name)
			p.Self.remove(p.Name)
			return host.OK[[][]byte, HeaderError](values), nil
		}))
}
