"""Known and suspected sites: the register, its imports, and what a run saw of them."""
