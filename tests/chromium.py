"""A real Chromium and real servers for the tests that need them."""

import base64
import io
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    ViewportSize,
    sync_playwright,
)

ROOT = Path(__file__).parent.parent
PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
PROXY = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
HEADERS = {name.lower(): value for name, value in re.findall(r'add_header (\S+) "([^"]+)" always;', PROXY)}
OPENED: list[Browser | BrowserContext] = []  # by this process
LOGS: list[Path] = []  # of its servers
AS_LEFT = """() => {
  const at = (what) => document.querySelector(what), app = at("[data-testid=stApp]");
  const said = { address: location.href, script: app?.dataset.testScriptState, to_come: !!at(".st-key-to_come") };
  const stale = [...document.querySelectorAll("[data-stale=true]")].map((one) => one.className.slice(-60));
  return JSON.stringify({ ...said, stale, words: at("[data-testid=stMain]")?.innerText.slice(0, 1500) });
}"""
WINDOW = {"width", "height", "scheme", "reduced_motion"}  # in what windows of one profile may differ
PATIENCE = 180_000  # milliseconds, after which it is not a busy machine that is slow
READY = "[data-testid=stApp][data-test-script-state=notRunning]:not(:has(.st-key-to_come))"
ADDRESS = "image => image.getAttribute('href') || image.getAttribute('xlink:href')"  # of a picture in a figure
# Figures and tables take most of a browser's time, and no walk looks at them: what has no place is not drawn.
PLAIN = """
const look = new CSSStyleSheet();
look.replaceSync(".stPlotlyChart, [data-testid=stDataFrame] { display: none !important; }");
document.adoptedStyleSheets = [look];
"""


def required() -> None:
    """Skip the module where there is no Chromium, unless it has to be there."""
    if PROGRAM is None and not os.environ.get("AYS_REQUIRE_BROWSER"):
        pytest.skip("no Chromium on this machine", allow_module_level=True)


def pixels(canvas: Locator) -> np.ndarray:
    """What is painted on a canvas [height, width, 4], brought as text: as numbers a million of them take 20 seconds."""
    width, height, text = canvas.evaluate(
        """(canvas) => {
          const { width, height } = canvas, { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
          const parts = [];
          for (let k = 0; k < data.length; k += 8192) parts.push(String.fromCharCode(...data.subarray(k, k + 8192)));
          return [width, height, btoa(parts.join(""))];
        }"""
    )
    return np.frombuffer(base64.b64decode(text), dtype=np.uint8).reshape(height, width, 4).astype(int)


def picture(address: str) -> Image.Image:
    """The picture that an address holds."""
    return Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGB")


def grab(page: Page, thing: Locator) -> tuple[float, float]:
    """Take hold of a thing in its middle -> where that is."""
    box = thing.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    return x, y


def swiped(touch: CDPSession, x: float, y: float) -> None:
    """Scroll the page by a finger that is put down at a place, and held still at last: nothing rolls on by itself."""
    for kind, dy in (("touchStart", 0), ("touchMove", 20), ("touchMove", 40), ("touchMove", 60)):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y - dy}]})
    time.sleep(0.3)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@contextmanager
def started(
    home: Path, script: str = "app.py", root: Path = ROOT, folder: str = ""
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The process of an app on a free port, and its address, what users keep under `home`; killed in the end.

    It answers in a `folder` of that address, such as '/ays', where one is given.
    """
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless=true", f"--server.port={port}"]
    if folder:
        command.append(f"--server.baseUrlPath={folder}")
    surroundings = os.environ | {"AYS_EXPLORER_HOME": str(home)}
    LOGS.append(home / f"server-{port}.log")
    with LOGS[-1].open("w") as log:
        process = subprocess.Popen(command, cwd=root, env=surroundings, stdout=log, stderr=subprocess.STDOUT)
    url = f"http://localhost:{port}{folder}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=5)
                break
            except (urllib.error.URLError, ConnectionError):
                assert process.poll() is None, (home / f"server-{port}.log").read_text()
                time.sleep(0.1)
        yield process, url
    finally:
        process.kill()
        process.wait(timeout=20)


@contextmanager
def serving(home: Path, script: str = "app.py", root: Path = ROOT) -> Iterator[str]:
    """The address of an app; its server is killed, not asked, in the end."""
    with started(home, script, root) as (_, url):
        yield url


def altered(folder: Path, code: str) -> str:
    """The script of an app in a folder that is ours but for some code that runs before it."""
    script = folder / "app.py"
    script.write_text(f"{code}\n_ = {(ROOT / 'app.py').read_text(encoding='utf-8')}", encoding="utf-8")
    (folder / "pages").symlink_to(ROOT / "pages")
    return str(script)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser."""
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(executable_path=PROGRAM, args=QUIET)
        OPENED.append(program)
        yield program
        program.close()


@contextmanager
def profile(browser: Browser, folder: Path) -> Iterator[BrowserContext]:
    """Another one, whose pages share what it keeps in a folder: compiled scripts, a third of what a page takes."""
    kept = browser.browser_type.launch_persistent_context(folder, executable_path=PROGRAM, args=QUIET)
    OPENED.append(kept)
    yield kept
    kept.close()


def as_left() -> str:
    """What every page that is open says of itself, and the end of what its servers said: why a test failed."""
    contexts = [one for kept in OPENED for one in (kept.contexts if isinstance(kept, Browser) else [kept])]
    said = []
    for page in (page for one in contexts for page in one.pages):
        try:
            said.append(page.wait_for_function(AS_LEFT, timeout=3_000, polling=100).json_value())
        except Error as error:
            said.append(f"{page.url}: {error.message}")
    logs = [f"{log.name}: {log.read_text()[-1500:]}" for log in LOGS if log.exists() and log.stat().st_size]
    return "\n".join(said + logs)


class Visit:
    """A page of the app and what went wrong on it, in a window of a profile, or on a device of its own."""

    def __init__(
        self,
        browser: Browser | BrowserContext,
        width: int = 1440,
        height: int = 900,
        scheme: Literal["light", "dark"] = "light",
        **device: Any,
    ) -> None:
        size: ViewportSize = {"width": width, "height": height}
        if isinstance(browser, BrowserContext):
            self.page: Page = browser.new_page()
            self.page.set_viewport_size(size)
            self.page.emulate_media(color_scheme=scheme, **device)
        else:
            self.page = browser.new_page(viewport=size, color_scheme=scheme, **device)
        self.page.set_default_timeout(PATIENCE)
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("requestfailed", self._failed)
        self.page.on("console", self._said)
        self.direct = self.page.context.new_cdp_session(self.page)
        self.direct.on("Fetch.requestPaused", self._guarded)
        self.direct.send("Fetch.enable", {"patterns": [{"resourceType": "Document", "requestStage": "Response"}]})

    def _guarded(self, paused: dict[str, Any]) -> None:
        """Give pages the headers that they have behind the proxy of deploy/nginx.conf."""
        answer: dict[str, Any] = {"requestId": paused["requestId"]}
        if paused.get("responseStatusCode") == 200:
            added = [{"name": name, "value": value} for name, value in HEADERS.items()]
            headers = paused["responseHeaders"] + added
            answer |= {"responseCode": 200, "responseHeaders": headers}
        with suppress(Error):  # the page has been left meanwhile
            self.direct.send("Fetch.continueResponse", answer)

    def _said(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.troubles.append(message.text)

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # a page that is left gives up what it was loading
            self.troubles.append(f"{request.url}: {request.failure}")

    def unharmed(self) -> None:
        """Assert that nothing has gone wrong, in the app or in the browser."""
        said = self.page.locator("[data-testid=stException]").all_inner_texts()
        assert not said, said
        assert self.troubles == [], self.troubles

    def leave(self) -> None:
        """Close the page; what it has kept in the browser, but for its scripts, is forgotten."""
        if not self.page.is_closed():
            scheme, host, *_ = urlsplit(self.page.url)
            kinds = "cookies,local_storage,indexeddb,cache_storage"
            self.direct.send("Storage.clearDataForOrigin", {"origin": f"{scheme}://{host}", "storageTypes": kinds})
            self.page.close()

    def idle(self) -> None:
        """Wait until the script has run, and what it draws has come."""
        self.page.wait_for_selector(READY)
        self.page.wait_for_timeout(600)
        self.page.wait_for_selector(READY)
