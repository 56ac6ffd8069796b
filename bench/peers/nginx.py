"""nginx as a plain proxy: one worker, upstream connections kept alive, no logs."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bench.peers.target import Site, Target, ask_until_answered
from bench.processes import NotStarted, free_port, running, wait_for_port

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONFIGURATION = """
daemon off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    client_max_body_size 4m;
    client_body_buffer_size 2m;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    upstream provider {{
        server 127.0.0.1:{upstream_port};
        keepalive 512;
        keepalive_requests 1000000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location / {{
            proxy_pass http://provider;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
        }}
    }}
}}
"""


@contextmanager
def start(site: Site) -> Iterator[Target]:
    """The machine's nginx. Raises NotStarted if there is none."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        raise NotStarted("nginx is not installed (Debian: apt install nginx)")
    version = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stderr
    port = free_port()
    configuration = site.directory / "nginx.conf"
    configuration.write_text(
        _CONFIGURATION.format(directory=site.directory, port=port, upstream_port=site.upstream_port)
    )
    command = [program, "-p", str(site.directory), "-c", str(configuration), "-e", "stderr"]
    with running(command, core=site.core, log=site.log) as process:
        wait_for_port(process, port, site.log)
        ask_until_answered(port, {}, site.log, 10)
        yield Target("nginx", version.strip().rpartition(" ")[2].replace("/", " "), port, process.pid)
