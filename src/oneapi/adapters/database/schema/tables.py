"""The tables: the original's seven, as it creates them, and our own.

Columns that we add have defaults, so that the original can still work with the database. Every column name is quoted:
the original parses SQLite's stored DDL with patterns, and refuses to start on some unquoted names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CHAR,
    REAL,
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import mysql

from oneapi.domain.routing.channels import LONGEST_TEST_ERROR

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

metadata = MetaData()

#: GORM's types: integers are 64 bits wide on the servers; indexed texts and those with a default are varchar(191) on
#: MySQL.
Big = BigInteger().with_variant(Integer, "sqlite")
Short = Text().with_variant(String(191), "mysql")
Long = Text().with_variant(mysql.LONGTEXT(), "mysql")
Flag = Boolean().with_variant(Numeric(), "sqlite").with_variant(mysql.TINYINT(1), "mysql")
Money: TypeEngine[float] = (
    Double().with_variant(REAL(), "sqlite").with_variant(Numeric(asdecimal=False), "postgresql")
)
Unsigned = Big.with_variant(mysql.BIGINT(unsigned=True), "mysql")


def _id() -> Column[int]:
    return Column("id", Big, primary_key=True, autoincrement=True, nullable=True, quote=True)


def _key(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    # the primary key implies NOT NULL on MySQL and PostgreSQL; the original's SQLite tables allow NULL
    return Column(name, kind, primary_key=True, autoincrement=False, nullable=True, quote=True)


def _int(name: str, default: int | None = None, kind: TypeEngine[int] = Big) -> Column[int]:
    default_text = None if default is None else text(str(default))
    return Column(name, kind, server_default=default_text, quote=True)


def _text(
    name: str, kind: TypeEngine[str] = Long, *, default: str | None = None, nullable: bool = True
) -> Column[str]:
    default_text = None if default is None else text(f"'{default}'")
    return Column(name, kind, nullable=nullable, server_default=default_text, quote=True)


def _flag(name: str, *, default: bool = False) -> Column[bool]:
    return Column(name, Flag, server_default=text("true" if default else "false"), quote=True)


users = Table(
    "users",
    metadata,
    _id(),
    _text("username", Short),
    _text("password", nullable=False),
    _text("display_name", Short),
    _int("role", 1),
    _int("status", 1),
    _text("email", Short),
    _text("github_id", Short),
    _text("wechat_id", Short),
    _text("lark_id", Short),
    _text("oidc_id", Short),
    _text("access_token", CHAR(32)),
    _int("quota", 0),
    _int("used_quota", 0),
    _int("request_count", 0),
    _text("group", String(32), default="default"),
    _text("aff_code", String(32)),
    _int("inviter_id"),
    UniqueConstraint("username", name="uni_users_username"),
    Index("idx_users_username", "username"),
    Index("idx_users_display_name", "display_name"),
    Index("idx_users_email", "email"),
    Index("idx_users_git_hub_id", "github_id"),
    Index("idx_users_we_chat_id", "wechat_id"),
    Index("idx_users_lark_id", "lark_id"),
    Index("idx_users_oidc_id", "oidc_id"),
    Index("idx_users_access_token", "access_token", unique=True),
    Index("idx_users_aff_code", "aff_code", unique=True),
    Index("idx_users_inviter_id", "inviter_id"),
)

tokens = Table(
    "tokens",
    metadata,
    _id(),
    _int("user_id"),
    _text("key", CHAR(48)),
    _int("status", 1),
    _text("name", Short),
    _int("created_time"),
    _int("accessed_time"),
    _int("expired_time", -1),
    _int("remain_quota", 0),
    _flag("unlimited_quota"),
    _int("used_quota", 0),
    _text("models", Text()),
    _text("subnet", Short, default=""),
    Index("idx_tokens_key", "key", unique=True),
    Index("idx_tokens_name", "name"),
)

channels = Table(
    "channels",
    metadata,
    _id(),
    _int("type", 0),
    _text("key", Text()),
    _int("status", 1),
    _text("name", Short),
    _int("weight", 0, Unsigned),
    _int("created_time"),
    _int("test_time"),
    _int("response_time"),
    _text("base_url", Short, default=""),
    _text("other"),
    Column("balance", Money, quote=True),
    _int("balance_updated_time"),
    _text("models"),
    _text("group", String(32), default="default"),
    _int("used_quota", 0),
    _text("model_mapping", String(1024), default=""),
    _int("priority", 0),
    _text("config"),
    _text("system_prompt", Text()),
    Index("idx_channels_name", "name"),
)

abilities = Table(
    "abilities",
    metadata,
    _key("group", String(32)),
    _key("model", Short),
    _key("channel_id", Big),
    Column("enabled", Flag, quote=True),
    _int("priority", 0),
    Index("idx_abilities_channel_id", "channel_id"),
    Index("idx_abilities_priority", "priority"),
)

redemptions = Table(
    "redemptions",
    metadata,
    _id(),
    _int("user_id"),
    _text("key", CHAR(32)),
    _int("status", 1),
    _text("name", Short),
    _int("quota", 100),
    _int("created_time"),
    _int("redeemed_time"),
    Index("idx_redemptions_key", "key", unique=True),
    Index("idx_redemptions_name", "name"),
)

options = Table(
    "options",
    metadata,
    _key("key", Short),
    _text("value"),
)

logs = Table(
    "logs",
    metadata,
    _id(),
    _int("user_id"),
    _int("created_at"),
    _int("type"),
    _text("content"),
    _text("username", Short, default=""),
    _text("token_name", Short, default=""),
    _text("model_name", Short, default=""),
    _int("quota", 0),
    _int("prompt_tokens", 0),
    _int("completion_tokens", 0),
    _int("channel_id"),
    _text("request_id", Short, default=""),
    _int("elapsed_time", 0),
    _flag("is_stream"),
    _flag("system_prompt_reset"),
    Index("idx_logs_user_id", "user_id"),
    Index("idx_created_at_type", "created_at", "type"),
    Index("index_username_model_name", "model_name", "username"),
    Index("idx_logs_token_name", "token_name"),
    Index("idx_logs_model_name", "model_name"),
    Index("idx_logs_channel_id", "channel_id"),
)

#: The original's tables, which revision 0001 creates or completes.
ORIGINAL = (users, tokens, channels, abilities, redemptions, options, logs)

# --- ours, revision 0002 -----------------------------------------------------------------------

logs.append_column(_text("end_cause", String(32), default=""))
logs.append_column(_text("attempts", Text()))
Index("idx_tokens_user_id", tokens.c.user_id)

#: Marks an index that is built while requests run, because its table grows large.
ONLINE = {"online": True}
# Covering indexes by time: pages, sums and dashboards read only the index.
_of_rows = (logs.c.created_at, logs.c.id)
_sums = (logs.c.quota, logs.c.prompt_tokens, logs.c.completion_tokens, logs.c.elapsed_time, logs.c.end_cause)
Index("idx_logs_time", *_of_rows, info=ONLINE)
Index("idx_logs_type_time", logs.c.type, *_of_rows, logs.c.model_name, *_sums, info=ONLINE)
Index("idx_logs_user_time", logs.c.user_id, *_of_rows, logs.c.type, logs.c.quota, info=ONLINE)
Index("idx_logs_username_time", logs.c.username, *_of_rows, logs.c.type, logs.c.quota, info=ONLINE)

ledger = Table(
    "ledger",
    metadata,
    _id(),
    Column("request_id", String(64), nullable=False, quote=True),
    Column("created_at", Big, nullable=False, quote=True),
    Column("kind", String(16), nullable=False, server_default=text("'charge'"), quote=True),
    Column("user_id", Big, nullable=False, quote=True),
    Column("token_id", Big, nullable=False, quote=True),
    Column("channel_id", Big, nullable=False, quote=True),
    Column("amount", Big, nullable=False, quote=True),
    Index("idx_ledger_request_id", "request_id", unique=True),
)

holds = Table(
    "holds",
    metadata,
    Column("request_id", String(64), primary_key=True, quote=True),
    Column("owner", String(64), nullable=False, quote=True),
    Column("user_id", Big, nullable=False, quote=True),
    Column("token_id", Big, nullable=False, quote=True),
    Column("token_limited", Flag, nullable=False, quote=True),
    Column("amount", Big, nullable=False, quote=True),
    Column("opened_at", Big, nullable=False, quote=True),
    Column("expires_at", Big, nullable=False, quote=True),
)

versions = Table(
    "versions",
    metadata,
    Column("topic", String(32), primary_key=True, quote=True),
    Column("version", Big, nullable=False, quote=True),
)

OURS = (ledger, holds, versions)

# --- ours, revision 0003: administration -------------------------------------------------------

#: The id of the user who redeemed the code; 0 if the original redeemed it.
redemptions.append_column(_int("redeemed_by", 0))
#: GitHub's numeric account id, which survives a renaming; empty for users whom the original linked by name.
users.append_column(_text("github_account", Short, default=""))
Index("idx_users_github_account", users.c.github_account)

# --- ours, revision 0006: token keys and access tokens, hashed and sealed -----------------------

tokens.append_column(_text("key_hash", String(64)))
tokens.append_column(_text("key_sealed", Text()))
Index("idx_tokens_key_hash", tokens.c.key_hash)
users.append_column(_text("access_token_hash", String(64)))
users.append_column(_text("access_token_sealed", Text()))
Index("idx_users_access_token_hash", users.c.access_token_hash)

audit = Table(
    "audit",
    metadata,
    _id(),
    Column("created_at", Big, nullable=False, quote=True),
    Column("user_id", Big, nullable=False, quote=True),
    Column("username", Short, nullable=False, quote=True),
    Column("address", String(64), nullable=False, quote=True),
    Column("request_id", String(64), nullable=False, quote=True),
    Column("action", String(64), nullable=False, quote=True),
    Column("target", String(191), nullable=False, quote=True),
    Column("before", Long, nullable=False, quote=True),
    Column("after", Long, nullable=False, quote=True),
    Index("idx_audit_user_id", "user_id"),
)

#: One-time codes sent by mail; only their hashes are stored.
codes = Table(
    "codes",
    metadata,
    Column("purpose", String(16), primary_key=True, quote=True),
    Column("subject", String(191), primary_key=True, quote=True),
    Column("hash", String(64), nullable=False, quote=True),
    Column("expires_at", Big, nullable=False, quote=True),
    Column("attempts", Big, nullable=False, server_default=text("0"), quote=True),
)

#: Which process runs each job that only one may run at a time, and its progress.
leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True, quote=True),
    Column("owner", String(64), nullable=False, quote=True),
    Column("expires_at", Big, nullable=False, quote=True),
    Column("done_at", Big, nullable=False, server_default=text("0"), quote=True),
    _text("report"),
)

ADMINISTRATION = (audit, codes, leases)

# --- ours, revision 0004 -----------------------------------------------------------------------

#: Sessions of the console; a cookie without its row is invalid.
sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True, quote=True),
    Column("user_id", Big, nullable=False, quote=True),
    Column("created_at", Big, nullable=False, quote=True),
    Column("seen_at", Big, nullable=False, quote=True),
    Column("address", String(64), nullable=False, quote=True),
    Column("browser", String(191), nullable=False, quote=True),
    Index("idx_sessions_user_id", "user_id"),
)

# --- ours, revision 0005: holds of requests with an uncertain cost -----------------------------

#: The amount taken from the token if it differs from ``amount``, and the most that the request may cost.
holds.append_column(_int("token_amount"))
holds.append_column(_int("wanted", 0))
Index("idx_holds_user_id", holds.c.user_id)
Index("idx_holds_token_id", holds.c.token_id)
#: The part of a charge beyond its hold.
ledger.append_column(_int("overrun", 0))

# --- ours, revision 0007: outcomes of channel tests --------------------------------------------

channels.append_column(_text("test_outcome", String(16), default=""))
channels.append_column(_text("test_error", String(LONGEST_TEST_ERROR), default=""))

# --- ours, revision 0008: events of log rows, independent of language --------------------------

#: JSON; ``content`` says the same in the operator's language, and is all that the original reads.
logs.append_column(_text("event", Text()))

# --- ours, revision 0009: stored responses -----------------------------------------------------

#: ``content`` is compressed, and sealed under an ``ENCRYPTION_KEY``; ``size`` counts the original bytes.
stored_responses = Table(
    "stored_responses",
    metadata,
    Column("user_id", Big, primary_key=True, autoincrement=False, quote=True),
    Column("id", String(191), primary_key=True, quote=True),
    Column("previous", String(191), nullable=False, quote=True),
    Column("created_at", Big, nullable=False, quote=True),
    Column("expires_at", Big, nullable=False, quote=True),
    Column("content", Long, nullable=False, quote=True),
    Column("size", Big, nullable=False, quote=True),
    Index("idx_stored_responses_expires_at", "expires_at"),
)

#: The response that each item belongs to, for items whose id does not contain it.
stored_items = Table(
    "stored_items",
    metadata,
    Column("user_id", Big, primary_key=True, autoincrement=False, quote=True),
    Column("id", String(191), primary_key=True, quote=True),
    Column("response_id", String(191), nullable=False, quote=True),
    Column("expires_at", Big, nullable=False, quote=True),
    Index("idx_stored_items_expires_at", "expires_at"),
)

STORED_RESPONSES = (stored_responses, stored_items)

# --- ours, revision 0010: what a token allows beyond the original -------------------------------

tokens.append_column(_flag("stores_responses", default=True))
