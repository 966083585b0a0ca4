package wit

// The syntax tree: what the text says, before names are looked up.

type ident struct {
	name string
	pos  pos
}

// A unit is one package's share of a file: the file's own body or a nested
// `package a:b { … }`.
type unit struct {
	src    *source
	pkg    *pkgRef // nil if the text does not say
	docs   string
	uses   []*topUse
	ifaces []*ifaceDecl
	worlds []*worldDecl
	refs   []*pkgRef // every package the unit mentions, in text order
	since  []ident   // every version an @since names

	useAs map[string]*topUse // uses by the name they give
}

// A pkgRef is `ns:name@version`.
type pkgRef struct {
	name PackageName
	pos  pos
}

// A usePath is `name` or `ns:pkg/name@version`.
type usePath struct {
	pkg  *pkgRef // nil for a name of this file or package
	name ident
}

// attrs are what may stand before an item.
type attrs struct {
	docs      string
	stability Stability

	external    string // the external-id
	externalPos pos    // src is nil for none
}

type topUse struct {
	path usePath
	as   ident
}

type ifaceDecl struct {
	attrs
	name  ident
	items []*itemDecl
}

// An itemDecl is an item of an interface: one of use, typ and fn.
type itemDecl struct {
	attrs
	use *useDecl
	typ *typeDecl
	fn  *funcDecl
}

type useDecl struct {
	path  usePath
	names []useName
}

type useName struct{ name, as ident }

// A typeDecl is a type with a name; word is the keyword it starts with.
type typeDecl struct {
	word   string
	name   ident
	expr   *typeExpr   // word "type"
	fields []fieldDecl // record, variant, enum, flags
	funcs  []*funcDecl // resource
}

type fieldDecl struct {
	docs string
	name ident
	typ  *typeExpr // nil for none
}

type funcDecl struct {
	attrs
	name   ident // of a constructor: the keyword
	kind   FuncKind
	async  bool
	params []fieldDecl
	result *typeExpr // nil for none
}

// A typeExpr is a type as text writes it.
type typeExpr struct {
	pos    pos
	word   string // keyword, or "" for a name
	name   ident
	args   []*typeExpr // nil entries are `_` or left out
	length uint32      // list
}

type worldDecl struct {
	attrs
	name  ident
	items []*worldItemDecl
}

// A worldItemDecl is an item of a world; word is "import", "export",
// "include", or "" for a use or a type, which item holds.
type worldItemDecl struct {
	attrs
	word   string
	name   ident    // import, export: the plain name, or zero
	path   *usePath // import, export, include
	fn     *funcDecl
	inline []*itemDecl
	item   *itemDecl
	with   []useName
}
