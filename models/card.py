"""Say what a net is, what it was fed and how far to trust it: the card beside the weights.

Weights without a card are numbers.  The card fixes what a caller must know to use them (heads,
pixel size, normalisation, thresholds), what an analyst must know to trust them (scores by place
with intervals, known failures) and what a lawyer must know (data, licences, forbidden uses).

    card.toml ──► dict ──► Card (checked, frozen) ──► card.toml   (the same text again)

Source: M. Mitchell et al., Model Cards for Model Reporting, FAT* 2019.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from geo.errors import ModelError

HEADS = ("building", "building_edge", "wall", "yard", "ground")
"""What the net judges, one sigmoid each, in this order everywhere."""

GSD = 0.5
"""Metres per pixel of the shipped net; walls of 0.3 m with their shadow are still seen."""

STRICT = ConfigDict(extra="forbid")
"""Unknown keys are refused, never dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One set the net learned from or was checked on."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: str
    """The set, as its owner calls it."""

    place: str
    """Where on Earth, or ``drawn``."""

    split: str
    """``train`` or ``val``."""

    heads: tuple[str, ...]
    """The heads it labels; it says nothing about the others."""

    tiles: int
    """Pictures taken from it."""

    licence: str
    """In words, with what is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceScore:
    """One figure on one place, with how sure we are of it."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    head: str
    """Whose figure it is."""

    place: str
    """Where; a place of split ``val`` chose checkpoint and thresholds, so it flatters."""

    metric: str
    """``iou``, ``object_f1``, ``f1_2m`` or ``ece``."""

    value: float
    """0 to 1."""

    low: float
    """Lower end of the 95 % block-bootstrap interval."""

    high: float
    """Upper end of it."""

    blocks: int
    """Blocks drawn from; under ten the interval is a rough guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A threshold that keeps a chosen share of true objects (conformal risk control)."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    recall: float
    """Share of objects promised, 0 to 1, for places like those it was measured on."""

    threshold: float
    """Probability from which an object is kept."""

    objects: int
    """How many objects it was measured on."""

    places: tuple[str, ...]
    """Where they stood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """All that is known of one set of weights."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    name: str
    """Short name, for instance ``stockade-vhr``."""

    version: str
    """Date of the weights, ``YYYY.MM.DD``, and a letter if there were several."""

    encoder: str = "resnet18"
    """Name in segmentation-models-pytorch."""

    decoder: tuple[int, ...] = (128, 64, 48)
    """Channels of the decoder, from coarse to fine."""

    heads: tuple[str, ...] = HEADS
    """In the order of the net's output channels."""

    stride: int = 16
    """Pixels; shifting a picture by a multiple of it shifts the scores alike."""

    margin: int = 144
    """Pixels at the rim of a tile whose scores lean on what the tile does not show.  Measured
    (docs/results/streaming.md): beside the end of a picture 99.9 % of scores move by up to
    7/255 at 112 px when the ground beyond changes, by 1/255 from 144 px on."""

    gsd_m: float = GSD
    """Metres per pixel the net was trained at."""

    gsd_tolerance: float = 0.15
    """Share by which a scene's pixels may differ before it must be resampled."""

    bands: tuple[str, ...] = ("red", "green", "blue")
    """What goes in, in this order, uint8."""

    mean: tuple[float, ...] = (0.430, 0.411, 0.296)
    """Taken from x/255 before the net, one a band."""

    std: tuple[float, ...] = (0.213, 0.156, 0.143)
    """Divides after that, one a band."""

    temperatures: Mapping[str, float] = field(default_factory=dict)
    """Divides the logits of a head so that probabilities mean what they say."""

    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Probability from which a head says yes; chosen on validation places."""

    conformal: Mapping[str, Promise] = field(default_factory=dict)
    """Thresholds that keep a promised share of objects, by head."""

    seeds: tuple[int, ...] = ()
    """All randomness of the training came from these."""

    training: str = ""
    """What was trained for how long, in a sentence or three."""

    pretrained: str = ""
    """File the encoder began from; empty for chance."""

    pretrained_licence: str = ""
    """Under which that file came, in words."""

    sources: tuple[Source, ...] = ()
    """Every set, of either split."""

    scores: tuple[PlaceScore, ...] = ()
    """Never pooled over places."""

    failures: tuple[str, ...] = ()
    """What it is known to get wrong."""

    intended: str = ""
    """What it is for."""

    forbidden: str = ""
    """What it must not be used for."""

    weights_sha256: str = ""
    """Of the safetensors file beside the card; empty only before saving."""

    def __post_init__(self) -> None:
        """Refuse a card that contradicts itself."""
        _check_heads(self)
        if not len(self.bands) == len(self.mean) == len(self.std):
            raise ModelError(
                f"The card of {self.name} needs one mean and one std for each of its "
                f"{len(self.bands)} bands, not {len(self.mean)} and {len(self.std)}."
            )
        positive = {
            "gsd_m": self.gsd_m,
            "stride": self.stride,
            "gsd_tolerance": self.gsd_tolerance,
        }
        positive |= {f"std[{i}]": value for i, value in enumerate(self.std)}
        positive |= {f"temperatures.{head}": t for head, t in self.temperatures.items()}
        for key, value in positive.items():
            if not 0 < value < float("inf"):
                raise ModelError(
                    f"The card of {self.name} gives {key} = {value}; it must be positive."
                )
        for head, value in self.thresholds.items():
            if not 0 < value < 1:
                raise ModelError(
                    f"The card of {self.name} gives {head} the threshold {value}; a threshold "
                    "lies between 0 and 1."
                )

    @classmethod
    def from_toml(cls, text: str) -> Card:
        """Read a card.

        Raises:
            ModelError: the text is no TOML, or a key is unknown, missing or of the wrong kind;
                the sentence names the key.
        """
        try:
            return TypeAdapter(cls).validate_python(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise ModelError(f"A model card must be TOML, and this is not: {error}.") from error
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"])) or "the card"
            raise ModelError(
                f"The model card is not in order at {key}: {first['msg']}."
            ) from error

    def to_toml(self) -> str:
        """Write the card; the same card gives the same text."""
        return _toml(asdict(self))

    @property
    def digest(self) -> str:
        """SHA-256 of the card's text, for manifests."""
        return hashlib.sha256(self.to_toml().encode()).hexdigest()


def _check_heads(card: Card) -> None:
    """Refuse heads nobody knows, in the list or in any table that speaks of them."""
    tables = {
        "heads": card.heads,
        "temperatures": card.temperatures,
        "thresholds": card.thresholds,
        "conformal": card.conformal,
    }
    if not card.heads or len(set(card.heads)) != len(card.heads):
        raise ModelError(f"The card of {card.name} needs a list of different heads.")
    for table, heads in tables.items():
        known = HEADS if table == "heads" else card.heads
        if strange := [head for head in heads if head not in known]:
            raise ModelError(
                f"The card of {card.name} speaks of {', '.join(strange)} in {table}; "
                f"known are {', '.join(known)}."
            )


def _toml(table: Mapping[str, Any], path: str = "") -> str:
    """Write plain values first, then sub-tables, then lists of tables."""
    plain, below = [], []
    for key, value in table.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            if value:
                below.append(f"\n[{name}]\n{_toml(value, name)}")
        elif isinstance(value, (list, tuple)) and value and isinstance(value[0], Mapping):
            below.extend(f"\n[[{name}]]\n{_toml(row, name)}" for row in value)
        else:
            plain.append(f"{key} = {_value(value)}\n")
    return "".join(plain + below)


def _value(value: Any) -> str:
    """Write one plain value; JSON's strings are TOML's."""
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
