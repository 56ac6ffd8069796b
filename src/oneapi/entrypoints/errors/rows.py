"""What stands beside each class of error."""

from __future__ import annotations

from attrs import frozen


@frozen
class Row:
    """How clients meet an error.

    Attributes:
        zh: Its text in Chinese. Names in braces are attributes of the error.
        en: Its text in English.
        status: The HTTP status. Refusals of the admin API have 200, as in the original, unless a client relies on
            another.
        type: The member ``type`` of OpenAI's error object.
        code: The member ``code``.
        param: The member ``param``.
    """

    zh: str
    en: str
    status: int = 200
    type: str = "one_api_error"
    code: str | None = None
    param: str = ""
