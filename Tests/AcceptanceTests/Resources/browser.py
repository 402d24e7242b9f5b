#!/usr/bin/env python3
"""Opens a page in headless Chromium, by its DevTools protocol, and does with it what standard input says.

Standard input is one JSON object: `url`, `width`, `height`, `steps`. A step is an object with one member:
  evaluate EXPRESSION     its value, awaited, is the step's result
  until EXPRESSION        waits until it is true, up to 30 s; the result is the number of seconds
  press KEY               Tab, Enter or Escape, as from a keyboard
  type TEXT               as from a keyboard
  size [WIDTH, HEIGHT]
  scheme light|dark
  screenshot FILE         a PNG, for people
  touch FILE              makes a file, to tell whoever waits for it how far it is
Standard output is one JSON object: `results`, one a step; `console`, all errors and warnings; `requests`, the addresses of all requests.
"""
import base64
import fcntl
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time

KEYS = {"Tab": 9, "Enter": 13, "Escape": 27}
# Nothing but this machine has an address.
FLAGS = [
    "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--hide-scrollbars",
]


class Browser:
    def __init__(self, program, folder):
        def pipe():
            # Above those that the browser wants to find them under.
            ends = os.pipe()
            high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
            for end in ends:
                os.close(end)
            return high

        (its_input, self.output), (self.input, its_output) = pipe(), pipe()
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, folder + "/errors", os.O_WRONLY | os.O_CREAT, 0o600),
            (os.POSIX_SPAWN_DUP2, its_input, 3), (os.POSIX_SPAWN_DUP2, its_output, 4),
        ]
        self.process = os.posix_spawn(
            program, [program] + FLAGS + ["--user-data-dir=" + folder + "/profile"], dict(os.environ, HOME=folder),
            file_actions=actions, setpgroup=0)
        os.close(its_input)
        os.close(its_output)
        self.folder, self.number, self.waiting, self.session = folder, 0, b"", None
        self.console, self.requests, self.is_loaded = [], [], False

    def message(self, limit):
        """The next message of the browser."""
        while b"\0" not in self.waiting:
            if not select.select([self.input], [], [], max(0, limit - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            part = os.read(self.input, 1 << 20)
            if not part:
                raise EOFError("the browser has ended: " + open(self.folder + "/errors").read()[-2000:])
            self.waiting += part
        message, self.waiting = self.waiting.split(b"\0", 1)
        return json.loads(message)

    def note(self, message):
        method, of = message.get("method"), message.get("params", {})
        if method == "Runtime.consoleAPICalled" and of["type"] in ("error", "warning", "assert"):
            self.console.append(" ".join(str(value.get("value", value.get("description"))) for value in of["args"]))
        elif method == "Runtime.exceptionThrown":
            self.console.append(json.dumps(of["exceptionDetails"]))
        elif method == "Log.entryAdded" and of["entry"]["level"] in ("error", "warning"):
            self.console.append(of["entry"]["text"] + " " + of["entry"].get("url", ""))
        elif method == "Network.requestWillBeSent":
            self.requests.append(of["request"]["url"])
        elif method == "Page.loadEventFired":
            self.is_loaded = True

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.output, json.dumps(message).encode() + b"\0")
        limit = time.monotonic() + 60
        while True:
            answer = self.message(limit)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError("%s: %s" % (method, answer["error"]))
                return answer["result"]
            self.note(answer)

    def open(self, url, size):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.resize(size)
        self.call("Page.navigate", url=url)
        limit = time.monotonic() + 60
        while not self.is_loaded:
            self.note(self.message(limit))

    def resize(self, size):
        self.call("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=False)

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError("%s: %s" % (expression, answer["exceptionDetails"]))
        return answer["result"].get("value")

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=KEYS[key], **text)

    def step(self, step):
        (what, value), = step.items()
        if what == "evaluate":
            return self.evaluate(value)
        if what == "until":
            start = time.monotonic()
            while not self.evaluate("!!(" + value + ")"):
                if time.monotonic() - start > 30:
                    raise TimeoutError("never true: " + value)
                time.sleep(0.02)
            return time.monotonic() - start
        if what == "press":
            return self.press(value)
        if what == "type":
            return self.call("Input.insertText", text=value) and None
        if what == "size":
            return self.resize(value)
        if what == "scheme":
            features = [{"name": "prefers-color-scheme", "value": value}]
            return self.call("Emulation.setEmulatedMedia", features=features) and None
        if what == "screenshot":
            picture = self.call("Page.captureScreenshot", format="png")["data"]
            with open(value, "wb") as file:
                file.write(base64.b64decode(picture))
            return None
        if what == "touch":
            return open(value, "w").close()
        raise ValueError("unknown step: " + what)


def main():
    asked = json.load(sys.stdin)
    program = os.environ.get("BUILDSPEC_TEST_CHROMIUM") or shutil.which("chromium")
    folder = tempfile.mkdtemp(prefix="buildspec-browser-")
    browser = Browser(program, folder)
    try:
        browser.open(asked["url"], (asked["width"], asked["height"]))
        results = [browser.step(step) for step in asked["steps"]]
        json.dump({"results": results, "console": browser.console, "requests": browser.requests}, sys.stdout)
    finally:
        os.killpg(browser.process, signal.SIGKILL)
        os.waitpid(browser.process, 0)
        # The last of its processes may just be writing.
        shutil.rmtree(folder, ignore_errors=True)


main()
