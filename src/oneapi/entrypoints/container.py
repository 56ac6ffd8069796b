"""The composition root: every object of a process, built once, from top to bottom."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING

from dependency_injector import containers, providers

from oneapi.adapters.database.accounts import SqlAccountReader
from oneapi.adapters.database.channels import SqlChannelRepository
from oneapi.adapters.database.dsn import read_dsn
from oneapi.adapters.database.engine import Database, Pool
from oneapi.adapters.database.ledger import SqlLedgerStore
from oneapi.adapters.database.logs import SqlLogRepository
from oneapi.adapters.database.options import SqlOptionRepository
from oneapi.adapters.database.tokens import SqlTokenRepository
from oneapi.adapters.database.users import SqlUserRepository
from oneapi.adapters.database.versions import SqlVersions
from oneapi.adapters.spool import FileSpool
from oneapi.adapters.tokenizer import TiktokenCounter
from oneapi.adapters.upstream.gateway import Gateway
from oneapi.adapters.upstream.http1 import Http1Transport
from oneapi.adapters.upstream.transport import Timeouts
from oneapi.application.authentication import Authenticator
from oneapi.application.catalog import Catalog
from oneapi.application.channel_health import ChannelHealth
from oneapi.application.ledger import Ledger, LedgerLimits
from oneapi.application.metering import Meter
from oneapi.application.models import ModelLists
from oneapi.application.proxying import Proxying
from oneapi.application.relay import Relay
from oneapi.application.statements import Statements
from oneapi.domain.health import MetricRule
from oneapi.entrypoints.http.request import ClientAddress
from oneapi.entrypoints.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
