"""How a command ends: four exit codes, Ctrl+C among them, and words as they always were."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from aoi.cli import main
from geo.errors import OutputError

PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell's & turned off
sys.argv[0] = 'stockade'
from aoi.cli import main
main()
"""


@pytest.fixture
def stockade(monkeypatch, capsys):
    """Run the command line in this process; return exit code, stdout and stderr."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["stockade", *words])
        with pytest.raises(SystemExit) as end:
            main()
        told = capsys.readouterr()
        return int(end.value.code or 0), told.out, told.err

    return run


def opened_by(process, pipe, patience=300.0):
    """Wait until a process reads a pipe, and hold its other end open; return that end."""
    end = time.monotonic() + patience
    while time.monotonic() < end and process.poll() is None:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:  # nobody reads it yet
                raise
            time.sleep(0.02)
    pytest.fail(f"the command never read its file, and ended with {process.poll()}")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_ctrl_c_on_a_running_command_is_one_sentence_and_could_not(tmp_path):
    pipe = tmp_path / "manifest.json"
    os.mkfifo(pipe)
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "export", str(tmp_path), "--as", "csv"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            held = opened_by(process, pipe)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
        os.close(held)
    assert (process.returncode, out) == (1, "")
    assert err == "stockade: Stopped. The same command goes on from here.\n"


def test_ctrl_c_on_a_command_of_a_group_ends_alike(stockade, monkeypatch):
    def stopped(_path):
        raise KeyboardInterrupt

    monkeypatch.setattr("aoi.sites.registry.load_sites", stopped)
    code, _, err = stockade("sites", "check", "mine.geojson")
    assert (code, err) == (1, "stockade: Stopped. The same command goes on from here.\n")


@pytest.mark.parametrize(
    ("words", "code", "where", "said"),
    [
        (["--help"], 0, "out", "Begin with: stockade demo --out demo"),
        (["scan", "-h"], 0, "out", "stockade scan [OPTIONS]"),
        (["--version"], 0, "out", "stockade "),
        ([], 2, "err", "[OPTIONS] COMMAND"),
        (["scan"], 2, "err", "Error: Missing argument"),
        (["scan", "a.tif"], 2, "err", "Error: Missing option '--out'"),
        (["scan", "--nonsense"], 2, "err", "Error: No such option: --nonsense"),
        (["nonsense"], 2, "err", "Error: No such command 'nonsense'"),
        (["sites", "check", "/nowhere.geojson"], 2, "err", "stockade: "),
    ],
)
def test_everything_else_ends_as_it_did(stockade, words, code, where, said):
    ended, out, err = stockade(*words)
    assert ended == code
    assert said in {"out": out, "err": err}[where]
    assert {"out": err, "err": out}[where] == ""
    assert "Traceback" not in err


def test_a_failure_that_nobody_here_can_mend_is_could_not(stockade, monkeypatch):
    def full(_path):
        raise OutputError("The disk is full.")

    monkeypatch.setattr("aoi.sites.registry.load_sites", full)
    assert stockade("sites", "check", "mine.geojson") == (
        1,
        "",
        "stockade: The disk is full.\n",
    )
