"""Kill the command line at any moment, start it again: the same folder, byte for byte."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from tests.aoi.runs.conftest import court

KILLS = int(os.environ.get("STOCKADE_KILLS", "4"))
"""Kill points; docs/results.md has the figures of fifty."""

PROGRAM = textwrap.dedent("""
    import sys, torch
    torch.set_num_threads(1)
    import aoi.runs.pipeline as pipeline
    from models.checkpoint import Net
    from tests.aoi.runs.conftest import CARD, Colours
    pipeline.load_net = lambda path=None: Net(Colours().eval(), CARD)
    from aoi.cli import main
    print("ready", flush=True)
    main()
""")


def start(path, out, root):
    command = [
        sys.executable,
        "-c",
        PROGRAM,
        "scan",
        str(path),
        "--out",
        str(out),
        "--tile",
        "208",
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, env={**os.environ})


def left(folder):
    """Every file that must come out the same; the manifest tells the time, so it may not."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and ".stockade" not in path.parts
        and path.name not in {"manifest.json", "report.html"}
    }  # fmt: skip


@pytest.mark.slow
def test_a_scan_killed_at_any_moment_ends_as_if_nothing_had_happened(save, tmp_path, request):
    root = request.config.rootpath
    path = save(np.concatenate([court(), court(gate=4)], axis=2))

    def finish(out):
        with start(path, out, root) as process:
            assert process.wait(timeout=300) == 0

    began = time.monotonic()
    finish(tmp_path / "straight")
    whole = time.monotonic() - began
    straight = left(tmp_path / "straight")
    for number, moment in enumerate(np.random.default_rng(4).uniform(0, whole, KILLS)):
        out = tmp_path / f"killed {number}"
        with start(path, out, root) as process:
            time.sleep(moment)
            process.send_signal(signal.SIGKILL)
        finish(out)
        assert left(out) == straight, f"killed after {moment:.2f} s of {whole:.2f} s"
