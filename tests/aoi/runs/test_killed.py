"""Kill the command line at any moment, start it again: the same folder, byte for byte."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

from tests.aoi.runs.conftest import court

KILLS = int(os.environ.get("STOCKADE_KILLS", "4"))
"""Kill points; docs/results.md has the figures of fifty."""

LONGEST = 900.0
"""Seconds that one scan may take.  One of 20 s took over 300 at low priority beside a load of
twenty."""

PROGRAM = textwrap.dedent("""
    import json, os, sys, torch
    torch.set_num_threads(1)
    import aoi.runs.pipeline as pipeline
    import geo.ground  # compiled code, and all that it stands on
    from models.checkpoint import Net
    from tests.aoi.runs.conftest import CARD, Colours
    pipeline.load_net = lambda path=None: Net(Colours().eval(), CARD)
    from aoi.cli import main
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            sys.argv = ["stockade", *json.loads(line)]
            try:
                main()
            except SystemExit as ending:
                os._exit(ending.code or 0)
            except BaseException:
                sys.excepthook(*sys.exc_info())
                os._exit(99)
            os._exit(0)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
""")
"""Imports once what scans need and forks for each, so that kills hit scans and not imports."""


class Scans:
    """Scans of one picture, one after another, each in a process of its own."""

    def __init__(self, path, root):
        self.path = path
        self.parent = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            cwd=root, text=True,
        )  # fmt: skip

    def __enter__(self):
        """Wait until scans can start at once."""
        assert self.parent.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_):
        """Let the parent end: it reads to the end of its orders."""
        self.parent.stdin.close()
        self.parent.stdout.close()
        self.parent.wait(timeout=LONGEST)

    def run(self, out, *, kill_after=LONGEST):
        """Scan into ``out``, kill the scan after so many seconds; return its exit code."""
        words = ["scan", str(self.path), "--out", str(out), "--tile", "208"]
        print(json.dumps(words), file=self.parent.stdin, flush=True)
        child = int(self.parent.stdout.readline())
        timer = threading.Timer(kill_after, os.kill, (child, signal.SIGKILL))
        timer.start()
        code = int(self.parent.stdout.readline())
        timer.cancel()
        return code


def left(folder):
    """Every file that must come out the same; the manifest tells the time, so it may not."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and ".stockade" not in path.parts
        and path.name not in {"manifest.json", "report.html"}
    }  # fmt: skip


def killed(scans, out, moment):
    """Kill a scan at that moment, or earlier where it ends before; return its folder and when.

    How long a scan takes varies with whatever else the machine does, so a moment drawn from one
    scan may come after the end of the next; that one is begun anew in a folder of its own.
    """
    here, turn = out, 0
    while scans.run(here, kill_after=moment) != -signal.SIGKILL:
        moment, turn = 0.8 * moment, turn + 1
        here = out.with_name(f"{out.name}, turn {turn}")
    return here, moment


@pytest.mark.slow
def test_a_scan_killed_at_any_moment_ends_as_if_nothing_had_happened(save, tmp_path, request):
    path = save(np.concatenate([court(), court(gate=4)], axis=2))
    with Scans(path, request.config.rootpath) as scans:
        began = time.monotonic()
        assert scans.run(tmp_path / "straight") == 0
        whole = time.monotonic() - began
        straight = left(tmp_path / "straight")
        for number, share in enumerate(np.random.default_rng(4).uniform(0, 1, KILLS)):
            out, moment = killed(scans, tmp_path / f"killed {number}", share * whole)
            assert scans.run(out) == 0
            assert left(out) == straight, f"killed after {moment:.2f} s of {whole:.2f} s"
