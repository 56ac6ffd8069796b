"""The row that belongs to each class of error."""

from __future__ import annotations

from attrs import frozen


@frozen
class Row:
    """How clients see an error.

    Attributes:
        zh: The text in Chinese. Names in braces are attributes of the error.
        en: The text in English.
        status: The HTTP status. Refusals by the admin API have 200, as in the original, unless a client relies on
            another status.
        type: The field ``type`` of OpenAI's error object.
        code: The field ``code``.
        param: The field ``param``.
    """

    zh: str
    en: str
    status: int = 200
    type: str = "one_api_error"
    code: str | None = None
    param: str = ""
