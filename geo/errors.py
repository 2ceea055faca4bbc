"""Everything Stockade raises on purpose.

StockadeError           catch this one at the edge of the program
├── InputError          what came in is not what was asked for; the caller can mend it
│   ├── ShapeError      an array of the wrong rank, size or dtype
│   ├── UnitsError      degrees where metres were needed, and the like
│   └── UsageError      the words of a command do not fit together; nothing was tried
├── OutputError         a disk is full, a folder not ours to write; nothing half-written stays
├── ModelError          weights, card or device do not fit what was asked of them
└── SourceError         an archive, disk or service failed us; worth another try

Which class?  One question decides: *who can mend it?*  The caller: ``InputError``; the owner of
the
disk: ``OutputError``; time: ``SourceError``; only we: let it crash.
"""


class StockadeError(Exception):
    """Base of every error raised on purpose; its text is a sentence for the analyst."""


class InputError(StockadeError, ValueError):
    """What came in is not what was asked for."""


class ShapeError(InputError):
    """An array of the wrong rank, size or dtype."""


class UnitsError(InputError):
    """Degrees where metres were needed, and the like."""


class UsageError(InputError):
    """The words of a command do not fit together; nothing was tried."""


class OutputError(StockadeError, OSError):
    """A disk is full or a folder is not ours to write; nothing half-written stays."""


class ModelError(StockadeError, ValueError):
    """Weights, card or device do not fit what was asked of them."""


class SourceError(StockadeError, OSError):
    """An archive, disk or service failed us; worth another try."""
