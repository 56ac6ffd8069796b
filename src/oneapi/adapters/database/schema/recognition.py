"""Which program a database belongs to, judged by the names of its tables and columns before anything is written.

new-api, one-hub and done-hub are forks of One API that kept its file and table names but changed their meaning: the
same channel type means another provider, deleted rows stay in the tables, and token limits are in other columns.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from attrs import frozen

from oneapi.adapters.database.schema.tables import logs, metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from oneapi.adapters.database.connection.engine import Database

#: Names of columns by table.
Layout = dict[str, set[str]]


class CannotUse(Exception):
    """The database cannot be used as it is. The message is one sentence that says why, and what to do."""


class NotOurs(CannotUse):
    """The database belongs to another program; nothing in it was changed."""


@frozen
class Kin:
    """A fork of One API, and the names that occur in its databases but never in ours.

    Attributes:
        tables: Tables of which one is proof.
        common: Tables that many programs have; two of them beside the family's table ``abilities`` are proof.
        columns: Columns, as ``table.column``, of which one is proof.
    """

    name: str
    tables: frozenset[str]
    common: frozenset[str]
    columns: frozenset[str]

    def trace(self, found: Layout) -> str:
        """The proof that the database belongs to this program, in words; empty if there is none."""
        columns = sorted(
            f"{table}.{column}"
            for table, there in found.items()
            for column in there
            if f"{table}.{column}" in self.columns
        )
        tables = sorted(found.keys() & self.tables)
        common = sorted(found.keys() & self.common) if "abilities" in found else []
        if columns:
            return f"the column {columns[0]}"
        if tables:
            return f"the table {tables[0]}"
        return f"the table {common[0]} beside {common[1]}" if len(common) > 1 else ""


_ONE_HUB_TABLES = frozenset({"model_infos", "model_owned_bys", "statistics_months", "telegram_menus"}) | {
    "web_authn_credentials"
}
_ONE_HUB_COMMON = frozenset({"migrations", "orders", "payments", "prices", "statistics", "user_groups"})
#: A fork comes before the program it was forked from, because it has all of that program's names.
KIN = (
    Kin(
        "done-hub",
        tables=frozenset(),
        common=frozenset(),
        columns=frozenset(
            {"channels.cost_ratio", "logs.cost_quota", "prices.long_context", "users.linuxdo_id"}
        ),
    ),
    Kin(
        "one-hub",
        tables=_ONE_HUB_TABLES,
        common=_ONE_HUB_COMMON,
        columns=frozenset(
            {
                "channels.custom_parameter",
                "channels.only_chat",
                "channels.pre_cost",
                "logs.request_time",
                "logs.source_ip",
                "tokens.backup_group",
                "tokens.setting",
                "users.github_id_new",
            }
        ),
    ),
    Kin(
        "new-api",
        tables=frozenset(
            "auth_flows authz_roles checkins custom_oauth_providers external_identity_claims midjourneys"
            " passkey_credentials perf_metrics prefill_groups quota_data setups subscription_orders subscription_plans"
            " subscription_pre_consume_records system_instances system_task_locks system_tasks top_ups"
            " two_fa_backup_codes two_fas user_oauth_bindings user_subscriptions".split()
        ),
        common=frozenset({"casbin_rule", "models", "tasks", "user_sessions", "vendors"}),
        columns=frozenset(
            {
                "channels.auto_ban",
                "channels.channel_info",
                "channels.setting",
                "channels.status_code_mapping",
                "logs.use_time",
                "tokens.allow_ips",
                "tokens.cross_group_retry",
                "tokens.model_limits_enabled",
                "users.linux_do_id",
            }
        ),
    ),
)

#: Columns that each of the original's tables has had in every release.
_ALWAYS: Mapping[str, set[str]] = {
    "abilities": {"group", "model", "channel_id"},
    "channels": {"id", "type", "key"},
    "logs": {"id", "user_id", "created_at", "type", "content"},
    "options": {"key", "value"},
    "redemptions": {"id", "key", "status"},
    "tokens": {"id", "user_id", "key"},
    "users": {"id", "username", "password"},
}
_ALEMBIC = "alembic_version"
#: The suffix of tables that the original is rebuilding on SQLite; an interrupted rebuild leaves one behind.
_REBUILT = "__temp"

_SQLITE = (
    "SELECT m.name, c.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c"
    " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND m.sql NOT LIKE 'CREATE VIRTUAL%'"
)
_STATEMENTS = {
    # excludes tables of extensions such as PostGIS
    "postgresql": "SELECT c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT EXISTS (SELECT 1 FROM pg_depend d"
    " WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')",
    "mysql": "SELECT c.table_name, c.column_name FROM information_schema.columns c"
    " JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name"
    " WHERE c.table_schema = DATABASE() AND t.table_type = 'BASE TABLE'",
}


async def require_ours(database: Database, *, log: bool = False) -> None:
    """Raise NotOurs if the database belongs to another program.

    ``log`` is true for a separate database that has only the table ``logs``. Nothing is written and no file is created,
    not even the journal of a SQLite file.
    """
    owner = stranger(await _layout(database), log=log)
    if owner:
        raise NotOurs(
            f"{database.address} is {owner}: it was left untouched. Give One API a database of its own"
            f" ({'another file or ' if database.product == 'sqlite' else ''}an empty database)."
            " This release cannot import the other program's data yet"
        )


def stranger(found: Layout, *, log: bool = False) -> str:
    """Which other program owns the database, and the proof; empty if it is One API's or still empty."""
    for kin in KIN:
        if trace := kin.trace(found):
            return f"a database of {kin.name}, as {trace} shows"
    known = {
        **{table.name: set(table.primary_key.columns.keys()) for table in metadata.sorted_tables},
        **_ALWAYS,
    }
    for table in sorted(found.keys() & known.keys()):
        if lacking := sorted(known[table] - found[table]):
            return f"a database of another program, whose table {table} has no column {lacking[0]}"
    unknown = sorted(name for name in found if name not in known and not name.endswith(_REBUILT))
    needed = {logs.name} if log else {"channels", "tokens", "users"}
    if unknown and unknown != [_ALEMBIC] and not needed <= found.keys():
        return f"a database of another program, as the table {unknown[0]} shows"
    return ""


async def _layout(database: Database) -> Layout:
    if database.product == "sqlite":
        return await asyncio.to_thread(_layout_of_file, Path(database.address.url.database or ""))
    async with database.read() as connection:
        return _by_table((await connection.exec_driver_sql(_STATEMENTS[database.product])).all())


def _layout_of_file(path: Path) -> Layout:
    if not path.is_file():
        return {}
    # Without ``immutable``, even a reading connection creates the files of the write-ahead log. If such a file exists,
    # another process is running or has crashed, and the newest tables may be in it.
    written_ahead = path.with_name(path.name + "-wal")
    alone = not written_ahead.exists() or not written_ahead.stat().st_size
    uri = f"file:{quote(str(path))}?mode=ro{'&immutable=1' if alone else ''}"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        return _by_table(connection.execute(_SQLITE).fetchall())


def _by_table(rows: Iterable[Sequence[str]]) -> Layout:
    found: Layout = {}
    for table, column in rows:
        found.setdefault(table.lower(), set()).add(column.lower())
    return found
