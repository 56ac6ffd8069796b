"""The LiteLLM proxy from PyPI: one worker, a master key, one model, no database."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench import wire
from bench.peers.target import Site, Target, ask_until_answered
from bench.processes import NotStarted, free_port, running, tail, wait_for_port

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEY = "sk-bench-master"
_CONFIGURATION = """
model_list:
  - model_name: {model}
    litellm_params:
      model: openai/{model}
      api_base: {upstream}/v1
      api_key: {upstream_key}
general_settings:
  master_key: {key}
litellm_settings:
  telemetry: false
  num_retries: 0
"""
_VERSION = "from importlib.metadata import version; print(version('litellm'))"


@contextmanager
def start(site: Site) -> Iterator[Target]:
    """LiteLLM in a virtual environment, which the first call creates. Raises NotStarted if it cannot be installed."""
    environment = Path(__file__).parents[1] / ".work" / "litellm"
    python = environment / "bin" / "python"
    if not (environment / "bin" / "litellm").exists():
        _install(environment, site.log)
    shown = subprocess.run([python, "-c", _VERSION], capture_output=True, text=True, check=True)
    port = free_port()
    configuration = site.directory / "litellm.yaml"
    configuration.write_text(
        _CONFIGURATION.format(
            model=wire.MODEL, upstream=site.upstream_url, upstream_key=wire.UPSTREAM_KEY, key=_KEY
        )
    )
    command = [str(environment / "bin" / "litellm"), "--config", str(configuration)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--num_workers", "1", "--telemetry", "False"]
    variables = {
        "PATH": f"{environment / 'bin'}:/usr/bin:/bin",
        "HOME": str(site.directory),
        "LITELLM_LOG": "ERROR",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else it fetches its price list from GitHub
    }
    headers = {"Authorization": f"Bearer {_KEY}"}
    with running(command, core=site.core, log=site.log, cwd=site.directory, environment=variables) as process:
        wait_for_port(process, port, site.log, 120)
        ask_until_answered(port, headers, site.log)
        yield Target("litellm", f"LiteLLM {shown.stdout.strip()}", port, process.pid, headers)


def _install(environment: Path, log: Path) -> None:
    sys.stderr.write(f"installing LiteLLM into {environment}\n")
    environment.parent.mkdir(parents=True, exist_ok=True)
    python = str(environment / "bin" / "python")
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin")
    if uv is not None:
        create, install = [uv, "venv", "--python", sys.executable], [uv, "pip", "install", "--python", python]
    else:
        create, install = [sys.executable, "-m", "venv"], [python, "-m", "pip", "install"]
    with log.open("ab") as written:
        for command in ([*create, str(environment)], [*install, "litellm[proxy]"]):
            if subprocess.run(command, stdout=written, stderr=written, check=False).returncode:
                shutil.rmtree(environment, ignore_errors=True)
                raise NotStarted(f"LiteLLM cannot be installed: {tail(log)}")
