"""E-mail addresses. The check is narrow, because addresses are written into mail headers."""

from __future__ import annotations

import re

LONGEST_ADDRESS = 50
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(
    rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]+)*@{_LABEL}(?:\.{_LABEL})+"
)


def is_address(text: str) -> bool:
    """Whether ``text`` is one address and nothing else."""
    return len(text) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def lies_in(address: str, domains: str) -> bool:
    """Whether the domain of ``address`` is in the comma-separated list ``domains``; subdomains do not match."""
    wanted = {domain.strip().lower() for domain in domains.split(",")}
    return address.rpartition("@")[2].lower() in wanted
