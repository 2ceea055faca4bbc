"""Known and suspected sites: the register, its imports, and what a run saw of them.

A map of its rooms:

    register   site, site_rows, registry, importing: faults;  diff
    matching   meet ──► assign ──► match: tell, words
    names      identity, identity_* (who is who from look to look)
"""
