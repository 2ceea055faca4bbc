"""What people decided about what was found, and how a browser asks them.

A map of its rooms:

    the log    said ──► decisions, decisions_*: lock
    the desk   book, shelf ──► desk: sheet, rows, wish, told, tiles
    the page   serve ──► app: door, answers
"""
