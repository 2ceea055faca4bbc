"""Tell what this machine computes with: processor, threads, GPU."""

from __future__ import annotations

import platform
from pathlib import Path

import torch

from models.device import autocast_dtype

CPUINFO = Path("/proc/cpuinfo")
"""Where Linux tells the processor's name."""


def describe_cpu() -> str:
    """Name the processor, its threads, and the type its convolutions are computed in."""
    name = platform.processor() or platform.machine()
    if CPUINFO.exists():
        lines = CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines()
        names = [
            line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")
        ]
        name = names[0] if names else name
    dtype = autocast_dtype(torch.device("cpu"))
    kind = "float32" if dtype is None else str(dtype).removeprefix("torch.")
    return f"{name}, {torch.get_num_threads()} threads, {kind}"


def describe_gpu() -> str:
    """Name the CUDA device and its memory; empty where there is none."""
    if not torch.cuda.is_available():
        return ""
    found = torch.cuda.get_device_properties(0)
    return f"{found.name}, {found.total_memory / 2**30:.0f} GiB, CUDA {torch.version.cuda}"
