package transform

import "github.com/isyswasfa/isyswasfa/wit"

// function copies a function, as a pair if it is async. The order in which
// its types are visited is that of the convention: a split function's result
// comes first, a copied one's last.
func (c *copier) function(f *wit.Function, ctx *wit.Interface) ([]*wit.Function, error) {
	defer c.in("function " + f.ABIName())()
	if c.splits(f, c.from[ctx]) {
		return c.split(f, ctx)
	}
	n, err := c.shell(f, ctx)
	if err != nil {
		return nil, err
	}
	if n.Params, err = c.params(f, ctx); err != nil {
		return nil, err
	}
	n.Result, err = c.resultType(f, ctx)
	return []*wit.Function{n}, err
}

// shell copies a function but for its signature.
func (c *copier) shell(f *wit.Function, ctx *wit.Interface) (*wit.Function, error) {
	n := &wit.Function{Name: f.Name, Kind: f.Kind, Docs: f.Docs, Stability: f.Stability}
	if f.Resource == nil {
		return n, nil
	}
	var err error
	n.Resource, err = c.namedIn(f.Resource, ctx)
	return n, err
}

func (c *copier) params(f *wit.Function, ctx *wit.Interface) ([]wit.Param, error) {
	var params []wit.Param
	for _, p := range f.Params {
		leave := c.in("parameter " + p.Name)
		t, err := c.typ(p.Type, ctx)
		if err != nil {
			return nil, err
		}
		leave()
		params = append(params, wit.Param{Name: p.Name, Type: t})
	}
	return params, nil
}

func (c *copier) resultType(f *wit.Function, ctx *wit.Interface) (wit.Type, error) {
	defer c.in("result")()
	return c.typ(f.Result, ctx)
}

// split copies an async function as a pair.
func (c *copier) split(f *wit.Function, ctx *wit.Interface) ([]*wit.Function, error) {
	n, err := c.shell(f, ctx)
	if err != nil {
		return nil, err
	}
	if n.Result, err = c.resultType(f, ctx); err != nil {
		return nil, err
	}
	if n.Params, err = c.params(f, ctx); err != nil {
		return nil, err
	}
	pair, err := c.pair(n, ctx)
	if err != nil {
		return nil, err
	}
	c.result.Pairs[f] = pair
	return []*wit.Function{pair.Start, pair.Result}, nil
}

// pair makes a start and a result function of a function whose types are
// copied already; ctx is the interface that it goes to.
func (c *copier) pair(f *wit.Function, ctx *wit.Interface) (Pair, error) {
	start, result := *f, *f
	start.Name, result.Name = StartName(f.Name), ResultName(f.Name)
	if result.Kind == wit.Method {
		result.Kind = wit.Static
	}
	var err error
	if start.Result, err = c.orPending(f.Result, ctx); err != nil {
		return Pair{}, err
	}
	result.Params, err = c.readyParam(ctx)
	return Pair{&start, &result}, err
}

// orPending gives result<t, own<pending>>.
func (c *copier) orPending(t wit.Type, ctx *wit.Interface) (wit.Type, error) {
	pending, err := c.stdType(isyswasfaID, "pending", ctx)
	if err != nil {
		return nil, err
	}
	return &wit.TypeDef{Kind: &wit.Result{OK: t, Err: own(pending)}}, nil
}

// readyParam gives the parameters of every result function.
func (c *copier) readyParam(ctx *wit.Interface) ([]wit.Param, error) {
	ready, err := c.stdType(isyswasfaID, "ready", ctx)
	if err != nil {
		return nil, err
	}
	return []wit.Param{{Name: "ready", Type: own(ready)}}, nil
}
