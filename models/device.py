"""Choose where the sums are done, and do them there without waste.

Half the time of an eager forward on a CPU is page faults: glibc hands freed memory back to the
system and asks for it again at the next layer.  Telling it to keep what it has, folding each
batch norm into its convolution, channels-last memory and bfloat16 where the CPU has it make the
same sums two to five times faster.

Source: measured; see ``docs/results.md`` for the machine and the figures.
"""

from __future__ import annotations

import ctypes
import logging
import platform
from typing import cast

import torch
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from geo.errors import ModelError
from models.encoders import part_norms

log = logging.getLogger(__name__)

TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4
"""glibc's ``malloc.h``: parameters of mallopt."""


def choose_device(name: str = "auto") -> torch.device:
    """Choose a device by name.

    Args:
        name: ``auto`` (CUDA where there is one), ``cpu`` or ``cuda``.

    Raises:
        ModelError: CUDA was asked for and is absent, or the name is unknown.
    """
    if name not in {"auto", "cpu", "cuda"}:
        raise ModelError(f"--device takes auto, cpu or cuda, not {name}.")
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise ModelError(
            "--device cuda was asked for, but PyTorch sees no CUDA device here. "
            "Use --device cpu, or install a driver that fits "
            f"PyTorch {torch.__version__}."
        )
    return torch.device("cuda" if there and name != "cpu" else "cpu")


def tune_allocator() -> bool:
    """Tell glibc to keep freed memory; elsewhere do nothing.

    Returns:
        Whether it was done.  Costs up to some 400 MB of resident memory that would otherwise
        be returned between layers.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    wanted = ((MMAP_MAX, 0), (TRIM_THRESHOLD, 2**31 - 1), (TOP_PAD, 64 << 20))
    done = [
        libc.mallopt(key, value) == 1 for key, value in wanted
    ]  # each, whatever the others say
    return all(done)


def return_memory() -> bool:
    """Hand what freed layers left back to the system, which ``tune_allocator`` keeps.

    Between two works of different shape: what one keeps fits nothing of the other.

    Returns:
        Whether it was done; elsewhere than with glibc there is nothing to do.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    return bool(ctypes.CDLL(None).malloc_trim(0))


def autocast_dtype(device: torch.device, *, half: bool = False) -> torch.dtype | None:
    """Tell in which type to multiply; ``None`` where float32 is as fast, or all that will do.

    Args:
        device: where.
        half: whether float16 will do on a GPU without bfloat16 (before Ampere), as it does for
            judging.  Small gradients vanish in it, so it will not for teaching.
    """
    if device.type == "cuda":
        # PyTorch counts emulated bfloat16 too, which is slower than float32.
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return torch.bfloat16
        return torch.float16 if half else None
    if device.type == "cpu" and torch.cpu._is_avx512_bf16_supported():  # noqa: SLF001
        return torch.bfloat16  # without the instructions bf16 is emulated, and slower
    return None


def fold_batchnorm(net: nn.Module) -> nn.Module:
    """Fold every batch norm that follows a convolution into it.

    Args:
        net: in eval mode; left as it is.

    Returns:
        A net with the same outputs to rounding; ``net`` itself where it cannot be traced.
    """
    try:
        traced = fx.symbolic_trace(part_norms(net))
    except (TypeError, fx.proxy.TraceError) as error:
        log.info("batch norms stay unfolded: %s", error)
        return net
    traced = fx.GraphModule({**dict(traced.named_modules())}, traced.graph)
    parts = dict(traced.named_modules())
    for node in list(traced.graph.nodes):
        if node.op != "call_module" or not isinstance(parts[node.target], nn.BatchNorm2d):
            continue
        before = node.args[0]
        conv = parts.get(before.target) if before.op == "call_module" else None
        if isinstance(conv, nn.Conv2d) and len(before.users) == 1:
            fused = fuse_conv_bn_eval(conv, parts[node.target])
            parts[before.target] = fused
            traced.set_submodule(before.target, fused)
            node.replace_all_uses_with(before)
            traced.graph.erase_node(node)
    traced.delete_all_unused_submodules()
    traced.recompile()
    return cast("nn.Module", traced)
