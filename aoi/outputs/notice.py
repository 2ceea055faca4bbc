"""The sentence that goes wherever a result is shown."""

DISCLAIMER = (
    "Stockade flags walled-compound-like layouts for review. It accuses nobody: a layout says "
    "what a place looks like from above, never what happens there."
)
"""Goes wherever a result is shown."""
