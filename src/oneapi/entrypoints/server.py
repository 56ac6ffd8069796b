"""From settings to a serving process: prepare the database once, then run one or several workers."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import sys
import time
from typing import TYPE_CHECKING

from sanic import Sanic
from sanic.worker.loader import AppLoader

from oneapi.adapters.database.bootstrap import ensure_first_account
from oneapi.adapters.database.migrate import migrate
from oneapi.adapters.identity.passwords import hash_password
from oneapi.entrypoints.container import Container, open_databases, opened
from oneapi.entrypoints.demo import DemoSetup, install_demo
from oneapi.entrypoints.http.app import create_app
from oneapi.entrypoints.http.demo import demo_blueprint
from oneapi.entrypoints.logging import configure_logging
from oneapi.entrypoints.settings import CannotStart

if TYPE_CHECKING:
    from oneapi.entrypoints.settings import Settings

logger = logging.getLogger(__name__)

ALL_INTERFACES = "0.0.0.0"  # noqa: S104  # a server in a container has to be reached
DEFAULT_PASSWORD = "123456"  # noqa: S105  # documented, and complained about until it is changed
