"""Agents from npm, each in a folder of its own that is kept for the next run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from attrs import frozen

#: What most agents need; npm has it as a package, for machines whose own is older.
NODE = 22


@frozen
class Packages:
    """The installed packages below ``folder``."""

    folder: Path

    def path_of(self, package: str) -> str:
        """The ``PATH`` that finds the programs of ``package``, which is installed if it is not there."""
        binaries = self._installed(package)
        return os.pathsep.join((str(binaries), *self._node(), "/usr/local/bin", "/usr/bin", "/bin"))

    def version_of(self, package: str) -> str:
        """As its manifest has it."""
        manifest = self._home(package) / "node_modules" / package / "package.json"
        found = subprocess.run(
            ("node", "-p", f"require({str(manifest)!r}).version"), capture_output=True, text=True, check=True
        )
        return found.stdout.strip()

    def _home(self, package: str) -> Path:
        return self.folder / package.strip("@").replace("/", "+")

    def _installed(self, package: str, wanted: str = "") -> Path:
        home = self._home(package)
        if not (home / "node_modules" / package / "package.json").exists():
            print(f"installing {package}", flush=True)  # it takes up to a minute
            home.mkdir(parents=True, exist_ok=True)
            (home / "package.json").write_text('{"private": true}')
            quiet = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
            subprocess.run(("npm", "install", *quiet, wanted or package), cwd=home, check=True)
        return home / "node_modules" / ".bin"

    def _node(self) -> tuple[str, ...]:
        own = shutil.which("node")
        if own is None:
            raise SystemExit("make: the agents need Node.js and npm")
        told = subprocess.run((own, "-v"), capture_output=True, text=True, check=True).stdout
        if int(told.strip().lstrip("v").partition(".")[0]) >= NODE:
            return (str(Path(own).parent),)
        return (str(self._installed("node", f"node@{NODE}")),)
