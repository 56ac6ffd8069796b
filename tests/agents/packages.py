"""Agents from npm and SDKs from PyPI, each in a folder of its own that is kept for the next run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from attrs import frozen

#: The Node.js that most agents need; npm has it as a package, for machines with an older one.
NODE = 22
SYSTEM = ("/usr/local/bin", "/usr/bin", "/bin")


@frozen
class Npm:
    """The newest version of a package."""

    name: str

    def install(self, home: Path, version: str = "latest") -> Path:
        """Install the package below ``home`` if it is missing. Returns the folder of its programs."""
        if not (home / "node_modules" / self.name / "package.json").exists():
            (home / "package.json").write_text('{"private": true}')
            quiet = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
            subprocess.run(("npm", "install", *quiet, f"{self.name}@{version}"), cwd=home, check=True)
        return home / "node_modules" / ".bin"


@frozen
class PyPI:
    """A version of a package, and of dependencies that must be old enough for it."""

    name: str
    others: tuple[str, ...] = ()

    def install(self, home: Path) -> Path:
        """Install it in a virtual environment below ``home`` if it is missing. Returns the folder of its programs."""
        binaries = home / "venv" / "bin"
        if not (home / "complete").exists():
            subprocess.run((sys.executable, "-m", "venv", home / "venv"), check=True)
            pip = (binaries / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
            subprocess.run((*pip, self.name, *self.others), check=True)
            (home / "complete").touch()
        return binaries


@frozen
class Packages:
    """The installed packages below ``folder``."""

    folder: Path

    def path_of(self, package: Npm | PyPI) -> str:
        """The ``PATH`` with the programs of ``package``, which is installed if it is missing."""
        binaries = package.install(self._home(package.name))
        node = self._node() if isinstance(package, Npm) else ()
        return os.pathsep.join((str(binaries), *node, *SYSTEM))

    def _home(self, name: str) -> Path:
        home = self.folder / name.strip("@").replace("/", "+")
        if not home.exists():
            print(f"installing {name}", flush=True)  # it takes up to a minute
            home.mkdir(parents=True)
        return home

    def _node(self) -> tuple[str, ...]:
        own = shutil.which("node")
        if own is None:
            raise SystemExit("make: the agents need Node.js and npm")
        told = subprocess.run((own, "-v"), capture_output=True, text=True, check=True).stdout
        if int(told.strip().lstrip("v").partition(".")[0]) >= NODE:
            return (str(Path(own).parent),)
        return (str(Npm("node").install(self._home("node"), str(NODE))),)
