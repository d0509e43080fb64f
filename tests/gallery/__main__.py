"""`make gallery`: every state × theme × width × language as a picture in screenshots/, examined by axe-core.

Words after the command choose the scenes whose names begin with them. Ends with 1 where a page is at fault.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from babel.messages.pofile import read_po
from playwright.sync_api import sync_playwright

import cxmc_ext
from host_app.database import db
from host_app.dutch import DUTCH
from tests.gallery.camera import Camera
from tests.gallery.demo_server import DemoServer
from tests.gallery.scenes import all_scenes
from tests.support.chromium import CHROMIUM, CHROMIUM_FLAGS
from tests.support.paths import ROOT

FOLDER = ROOT / "screenshots"
_AXE = FOLDER / ".npm" / "node_modules" / "axe-core" / "axe.min.js"


def main(chosen: tuple[str, ...]) -> int:
    FOLDER.mkdir(exist_ok=True)
    started = time.monotonic()
    with DemoServer() as stage, sync_playwright() as drive:
        browser = drive.chromium.launch(executable_path=CHROMIUM or None, args=CHROMIUM_FLAGS)
        camera = Camera(browser, stage.url, FOLDER, _axe(), _english())
        _run(stage, camera, chosen)
        browser.close()
    for line in camera.findings:
        _say(line)
    seconds = time.monotonic() - started
    _say(f"{camera.taken} pictures in {FOLDER}, {len(camera.findings)} troubles, {seconds:.0f} s")
    return 1 if camera.findings else 0


def _run(stage: DemoServer, camera: Camera, chosen: tuple[str, ...]) -> None:
    scenes = all_scenes(stage)
    while True:
        with stage.app.app_context():
            scene = next(scenes, None)
            db.session.remove()
        if scene is None:
            return
        if not chosen or scene.name.startswith(chosen):
            _say(scene.name)
            camera.take_pictures(scene)


def _axe() -> str:
    """axe-core from npm, a tool of development only; "" where there is no npm."""
    npm = shutil.which("npm")
    if not _AXE.exists() and npm:
        where = str(FOLDER / ".npm")
        command = [npm, "install", "--silent", "--no-audit", "--prefix", where, "axe-core@4"]
        subprocess.run(command, check=False)
    if not _AXE.exists():
        _say("axe-core is not here (it comes from npm): the pages are not examined for it.")
        return ""
    return _AXE.read_text()


def _english() -> frozenset[str]:
    path = Path(cxmc_ext.__file__).parent / "translations" / "nl.po"
    with path.open("rb") as source:
        found = [message for message in read_po(source) if message.id]
    pairs = [(m.id, m.string) for m in found if isinstance(m.id, str)] + list(DUTCH.items())
    return frozenset(str(said) for said, dutch in pairs if said != dutch and len(str(said)) > 1)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
