"""JupyterLab as `make lab` starts it, in headless Chromium: for tests and measurements of what a reader sees."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir

from filelock import FileLock
from matplotlib import get_configdir
from playwright.sync_api import BrowserContext, ElementHandle, Page, TimeoutError, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
SIZE = {"width": 1280, "height": 900}

# What the reader sees of all pictures (a number for each) and replies in an element; where there are none, the text
PIXELS = """(element) => [...element.querySelectorAll("img, canvas, .gan-reply")].map((picture) => {
  if (picture.matches(".gan-reply")) return picture.innerText;
  const canvas = document.createElement("canvas");
  canvas.width = picture.naturalWidth || picture.width || 1;
  canvas.height = picture.naturalHeight || picture.height || 1;
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height).data.reduce((hash, byte) => (31 * hash + byte) | 0, 0);
}).join() || element.innerText"""

CHANGED = f"""([element, before]) =>
  [...element.querySelectorAll("img")].every((image) => image.complete && image.naturalWidth) &&
  ({PIXELS})(element) !== before"""


@contextmanager
def lab(folder: Path) -> Iterator[str]:
    """Serve `folder` and yield the address of it, token included; all settings are fresh, in folder/home."""
    settings = folder / "home/.jupyter/jupyter_lab_config.py"
    settings.parent.mkdir(parents=True)
    settings.write_text("c.LabApp.expose_app_in_browser = True")  # as window.jupyterapp
    environment = os.environ | {"MPLCONFIGDIR": get_configdir(), "HOME": str(folder / "home"), "BROWSER": "true"}
    command = [sys.executable, ROOT / ".ci/commands.py", "lab"]
    with FileLock(Path(gettempdir()) / "gan-tutorial-lab.lock") as alone:  # two at once would want the same port
        server = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        try:
            address = next(filter(None, (re.search(r"open at\s+(\S+)", line) for line in server.stdout)))[1]
            alone.release()
            yield address
        finally:
            os.killpg(server.pid, signal.SIGINT)
            server.wait(30)


@contextmanager
def chromium(folder: Path) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        options = dict(executable_path=CHROMIUM, headless=True, args=QUIET.split(), viewport=SIZE)
        context = playwright.chromium.launch_persistent_context(str(folder), **options)
        try:
            yield context
        finally:
            context.close()


class Notebook:
    """An open notebook; `faults` collects what the browser complains of and what it asks of other machines."""

    def __init__(self, context: BrowserContext, address: str):
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", self._requested)
        self.page.goto(address + "&reset")  # without the notebooks that were open before
        self.page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.content?.widgets?.length")
        self.page.wait_for_function(
            "() => jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'", timeout=60_000
        )

    def _said(self, message) -> None:
        if message.type == "error" and "widget model not found" not in message.text:  # one saved in an earlier run
            self.faults.append(message.text)

    def _requested(self, request) -> None:
        if not re.match(r"(http|ws)://127\.0\.0\.1[:/]|data:|blob:", request.url):
            self.faults.append(f"a request for {request.url}")

    def run_all(self) -> list[dict]:
        """Take the saved outputs away and run all cells to the end; the cells, outputs included, as in a file."""
        self.page.evaluate("() => jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        run = "jupyterapp.commands.execute('notebook:run-all-cells')"
        late = "new Promise((_, fail) => setTimeout(() => fail(new Error('it took too long')), 900_000))"
        self.page.evaluate(f"() => Promise.race([{run}, {late}])")
        return self.page.evaluate("() => jupyterapp.shell.currentWidget.content.model.toJSON().cells")

    def output(self, cell: int) -> ElementHandle:
        """What a cell shows, scrolled into view, its pictures there."""
        show = "(k) => jupyterapp.shell.currentWidget.content.scrollToItem(k, 'start')"
        self.page.evaluate(show, cell)
        node = f"() => jupyterapp.shell.currentWidget.content.widgets[{cell}].node.querySelector('.jp-OutputArea')"
        output = self.page.wait_for_function(node).as_element()
        ready = "(node) => [...node.querySelectorAll('img')].every((image) => image.complete && image.naturalWidth)"
        self.page.wait_for_function(ready, arg=output)
        return output

    def at_rest(self, element: ElementHandle) -> str:
        """The pixels of an element, once they have been the same for 0.3 seconds."""
        for _ in range(30):  # a panel that trains never rests
            pixels = element.evaluate(PIXELS)
            if not self.changes(element, pixels, seconds=0.3):
                break
        return pixels

    def changes(self, element: ElementHandle, pixels: str, seconds: float = 30) -> bool:
        """Whether the pictures in an element come to differ from `pixels`, in this time."""
        try:
            self.page.wait_for_function(CHANGED, arg=[element, pixels], timeout=1000 * seconds, polling=20)
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Close the page and end the kernel."""
        self.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.page.close()
