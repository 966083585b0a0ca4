package effort

// Counts are what the compiler meets in a function and takes time or memory
// for.
type counts struct {
	instrs  float64 // instructions of the compiler's own
	blocks  float64 // basic blocks
	args    float64 // operands that are passed to and from functions and blocks
	vars    float64 // locals that basic blocks take from one another
	loaded  float64 // globals, and the place and the size of memory, which blocks in a row share
	finds   float64 // blocks passed in search of a variable that is read
	aliases float64 // dominators of the blocks that read it
	meets   float64 // basic blocks where paths meet
	paths   float64 // these paths
	chains  float64 // blocks passed in search of a variable on all of them
	reach   float64 // dominators of the places where they come from
	passed  float64 // operands passed on them
	squares float64 // of the number of operands, for each path
	crowd   float64 // of the number of paths, for each basic block
	nesting float64 // of loops
	moves   float64 // in loops, of values from variable to variable
	depths  float64 // dominators of blocks and branches
	live    float64 // operands that wait, for each basic block
	bounds  float64 // addresses known to be in bounds, for each basic block
	reloads float64 // globals that are read anew, for each call
	leaves  float64 // of try_tables
}

// cost is what it all takes, fitted to measurements of functions that have
// much of one kind. Three of the products are where the compiler is more than
// linear in the size of a function with many variables and many branches:
//
//   - it looks for each variable on each path, block by block;
//   - for each parameter of a block it looks at all operands of each branch to
//     it, and does so again as long as that makes other parameters superfluous;
//   - it has a list of what is live in each block.
func (c *counts) cost() Cost {
	params := c.vars * c.paths
	squares := c.vars*c.vars*c.paths + 2*c.vars*c.passed + c.squares
	live := c.live + (c.vars+c.loaded)*c.blocks
	return Cost{
		Time: 250*c.instrs + 5000*c.blocks + 700*c.args + 20*c.finds + 2*c.aliases + 40*c.vars*c.chains + c.vars*c.reach +
			100*params + (2+c.nesting+c.moves)*squares + 0.3*c.crowd + 10*c.depths + 30*live + 15*c.bounds + 250*c.reloads + 1000*c.leaves,
		Memory: 250*c.instrs + 2500*c.blocks + 500*c.args + 300*params + 300*c.vars*c.meets + 16*live + 40*c.bounds + 250*c.reloads + 1200*c.leaves,
	}
}
