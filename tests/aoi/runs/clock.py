"""A clock one can set, for rooms that are given the time."""

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    """Stands still until it is moved."""

    def __init__(self, time=NOON):
        self.time = time

    def __call__(self):
        return self.time

    def move(self, **by):
        self.time += timedelta(**by)
