"""``--demo``: adds a channel to the built-in echo, and a token to call it with."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.adapters.providers.rows.openai import OPENAI
from oneapi.domain.people.tokens import NEVER, Token, TokenStatus
from oneapi.domain.routing.channels import ChannelChanges, ChannelRecord
from oneapi.entrypoints.http.demo import MODEL, PREFIX

if TYPE_CHECKING:
    from oneapi.application.ports.channels import ChannelRepository
    from oneapi.application.ports.operations import OptionRepository
    from oneapi.application.ports.people import TokenRepository

NAME = "demo"
ROOT = 1
#: The option that holds the operator's ratios.
RATIOS = "ModelRatio"
#: Ten dollars, in quota units.
QUOTA = 5_000_000


@frozen
class Demo:
    """The demo's keys: ``secret`` authenticates the channel at the echo, ``key`` is the token for people to use."""

    secret: str
    key: str


async def ensure_demo(
    channels: ChannelRepository,
    tokens: TokenRepository,
    options: OptionRepository,
    *,
    port: int,
    new_key: str,
    now: int,
) -> Demo:
    """Ensure the demo channel, the price of its model, and a token.

    They are created at the first start; at later starts the channel is pointed to ``port``.
    """
    await _ensure_price(options)
    base_url = f"http://127.0.0.1:{port}{PREFIX}"
    found = [record for record in await channels.search(NAME) if record.models == MODEL]
    if found:
        secret = found[0].key
        await channels.update(found[0].id, ChannelChanges(base_url=base_url))
    else:
        secret = secrets.token_hex(24)
        channel = ChannelRecord(
            type=OPENAI.number, key=secret, name=NAME, models=MODEL, base_url=base_url, created_time=now
        )
        await channels.add([channel])
    for token in await tokens.search(ROOT, NAME):
        if token.name == NAME and token.status == TokenStatus.ENABLED:
            return Demo(secret, token.key)
    token = Token(
        id=0,
        user_id=ROOT,
        key=new_key,
        status=TokenStatus.ENABLED,
        name=NAME,
        expired_time=NEVER,
        remain_quota=QUOTA,
        unlimited_quota=False,
        created_time=now,
        accessed_time=now,
        subnet="",
    )
    return Demo(secret, (await tokens.add(token)).key)


async def _ensure_price(options: OptionRepository) -> None:
    """Set a price for the echo: a new installation serves no model without one, and no price list contains it."""
    ratios = json.loads((await options.all()).get(RATIOS) or "{}")
    if MODEL not in ratios:
        await options.put({RATIOS: json.dumps(ratios | {MODEL: 1})})


def welcome(port: int, key: str, password: str | None) -> str:
    """The welcome text; ``password`` is root's initial password, None if it was changed."""
    account = f"root / {password}   (change it)" if password else "root, with the password that you set"
    return f"""
  One API is running.

    Address   http://localhost:{port}
    Account   {account}

  Paste this for a streamed, billed answer from the built-in echo:

    curl -N http://localhost:{port}/v1/chat/completions \\
      -H 'Authorization: Bearer sk-{key}' -H 'Content-Type: application/json' \\
      -d '{{"model": "{MODEL}", "stream": true, "messages": [{{"role": "user", "content": "Hello!"}}]}}'
"""
