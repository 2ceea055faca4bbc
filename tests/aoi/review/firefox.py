"""A real Firefox, driven by its own protocol: a length, a colon and JSON over a socket.

Source: https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""

import base64
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

PROGRAM = shutil.which("firefox-esr") or shutil.which("firefox") or ""

PREFS = {
    "marionette.port": 0,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "devtools.console.stdout.content": False,
}

KEYS = {
    "Escape": "\ue00c", "Enter": "\ue007", "Shift": "\ue008", "ArrowLeft": "\ue012",
}  # fmt: skip

COMPLAINTS = """
return Services.console.getMessageArray()
  .filter(m => m instanceof Ci.nsIScriptError && m.sourceName.startsWith("http://127."))
  .map(m => m.errorMessage);
"""

STRANGERS = """
return performance.getEntriesByType("resource").map(e => e.name)
  .filter(name => !name.startsWith(location.origin) && !name.startsWith("data:"));
"""


class Firefox:
    """One window of Firefox without a screen."""

    def __init__(self, profile: Path):
        words = [f'user_pref("{name}", {json.dumps(value)});' for name, value in PREFS.items()]
        profile.mkdir(parents=True)
        (profile / "user.js").write_text("\n".join(words))
        self._program = subprocess.Popen(
            [PROGRAM, "--headless", "--marionette", "--remote-allow-system-access",
             "--no-remote", "--profile", str(profile)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=os.environ | {"MOZ_HEADLESS_WIDTH": "1280", "MOZ_HEADLESS_HEIGHT": "900"},
        )  # fmt: skip
        told = profile / "MarionetteActivePort"
        for _ in range(600):
            if told.exists() and told.read_text():
                break
            time.sleep(0.1)
        self._socket = socket.create_connection(("127.0.0.1", int(told.read_text())), 120)
        self._answers, self._asked = self._socket.makefile("rb"), 0
        self._hear()  # it says which protocol it speaks
        told = self.ask("WebDriver:NewSession", capabilities={})
        self.version = told["capabilities"]["browserVersion"]

    def _hear(self):
        length = b""
        while (byte := self._answers.read(1)) != b":":
            length += byte
        return json.loads(self._answers.read(int(length)))

    def ask(self, command, **words):
        """Ask for something; an error of the browser's is one here."""
        self._asked += 1
        body = json.dumps([0, self._asked, command, words]).encode()
        self._socket.sendall(b"%d:%s" % (len(body), body))
        _, _, error, answer = self._hear()
        assert error is None, error
        return answer

    def run(self, script, *arguments):
        return self.ask("WebDriver:ExecuteScript", script=script, args=arguments)["value"]

    def open(self, link):
        self.ask("WebDriver:Navigate", url=link)
        self.until("return !!document.body.dataset.ready")
        self.settled()

    def until(self, script, *arguments):
        for _ in range(600):
            if self.run(script, *arguments):
                return
            time.sleep(0.1)
        raise AssertionError(f"never came true: {script} with {arguments}")

    def settled(self):
        self.until("return document.body.dataset.shown === document.body.dataset.layout")

    def type(self, text):
        self._strike(
            [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        )

    def press(self, *keys):
        """Press keys, one after another; ``Shift+ArrowLeft`` is two at once."""
        for key in keys:
            held = [KEYS.get(one, one) for one in key.split("+")]
            down = [{"type": "keyDown", "value": one} for one in held]
            self._strike(down + [{"type": "keyUp", "value": one} for one in reversed(held)])
            time.sleep(0.06)
        self.settled()

    def _strike(self, strokes):
        keyboard = {"type": "key", "id": "keyboard", "actions": strokes}
        self.ask("WebDriver:PerformActions", actions=[keyboard])

    def said(self, words):
        self.until(
            "return document.getElementById('live').textContent.includes(arguments[0])", words
        )

    def shown(self):
        return self.run("return document.body.dataset.layout")

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).innerText", selector)

    def picture(self, path):
        """Keep what is on the screen."""
        told = self.ask("WebDriver:TakeScreenshot", full=False)["value"]
        path.write_bytes(base64.b64decode(told))

    def strangers(self):
        return self.run(STRANGERS)

    def complaints(self):
        """Give what the console says of our own files."""
        self.ask("Marionette:SetContext", value="chrome")
        told = self.run(COMPLAINTS)
        self.ask("Marionette:SetContext", value="content")
        return told

    def close(self):
        self._answers.close()
        self._socket.close()
        self._program.terminate()
        self._program.wait()
