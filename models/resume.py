"""Keep all of a training in one file, so that a killed one goes on as if nothing had happened.

    net, average, optimiser ──► tensors ──┐
    step, best, plan        ──► metadata ──┴─► state.safetensors

Safetensors hold numbers and text, never code: nothing in a state file can run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from geo.errors import ModelError


def save_state(
    path: Path,
    parts: tuple[nn.Module, Mapping[str, Tensor], torch.optim.Optimizer],
    facts: Mapping[str, Any],
) -> None:
    """Write a training beside its last state, then put it in its place.

    Args:
        path: of the state.
        parts: net, moving average of its tensors, optimiser.
        facts: step, best figure and plan; anything JSON can hold.
    """
    net, average, optimiser = parts
    tensors = {f"net.{k}": v for k, v in net.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in average.items()}
    for i, moments in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{i}.{k}": torch.as_tensor(v) for k, v in moments.items()}
    write_tensors(path, tensors, facts)


def load_state(
    path: Path,
    parts: tuple[nn.Module, dict[str, Tensor], torch.optim.Optimizer],
    plan: Mapping[str, Any],
) -> tuple[int, float]:
    """Put a saved training back into its parts.

    Args:
        path: of the state.
        parts: net, moving average, optimiser; all are changed.
        plan: what is about to be trained, without its number of steps, which may grow.

    Returns:
        The step it stopped at and the best figure so far.

    Raises:
        ModelError: the file is broken or belongs to another plan; the sentence names the
            difference.
    """
    net, average, optimiser = parts
    try:
        with safe_open(path, "pt") as file:
            facts = read_facts(file.metadata())
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ModelError(
            f"The state of the training at {path} is broken ({error}). Remove it to begin anew."
        ) from error
    then = facts.get("plan", {})
    if other := sorted(k for k in plan if json.loads(json.dumps(plan[k])) != then.get(k)):
        raise ModelError(
            f"{path} is the state of another training; it differs in {', '.join(other)}. "
            "Choose another --out, or the same settings."
        )
    net.load_state_dict(_under("net", tensors))
    average.update({k: v.to(average[k].device) for k, v in _under("average", tensors).items()})
    moments: dict[int, dict[str, Tensor]] = {}
    for key, value in _under("optimiser", tensors).items():
        number, name = key.split(".")
        moments.setdefault(int(number), {})[name] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": moments})
    return int(facts["step"]), float(facts["best"])


def write_tensors(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> None:
    """Write tensors and facts to a file that is either old, or new and whole.

    All facts stand under one key: safetensors writes several in any order it likes, and the
    same tensors would have another hash each time.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    plain = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
    try:
        save_file(plain, beside, metadata={"facts": json.dumps(dict(facts))})
        beside.chmod(0o644)  # safetensors makes files that only their owner may read
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read_facts(metadata: Mapping[str, str] | None) -> dict[str, Any]:
    """Read back what ``write_tensors`` was told beside the tensors."""
    facts: dict[str, Any] = json.loads((metadata or {}).get("facts", "{}"))
    return facts


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
