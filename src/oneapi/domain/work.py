"""Kinds of work that a client can ask for, independent of the API and of the provider's paths."""

from __future__ import annotations

from enum import StrEnum


class Work(StrEnum):
    """A kind of work. Each is priced, forwarded and answered in its own way, by tables keyed by kind."""

    CONVERSE = "converse"
    COMPLETE = "complete"
    EMBED = "embed"
    #: Edit a text according to an instruction.
    EDIT = "edit"
    #: Put documents in order by how well they answer a query.
    RERANK = "rerank"
    MODERATE = "moderate"
    DRAW = "draw"
    #: Change pictures as a text says.
    RETOUCH = "retouch"
    #: Make pictures like another.
    VARY = "vary"
    SPEAK = "speak"
    TRANSCRIBE = "transcribe"
    #: Transcribe a recording into English.
    TRANSLATE = "translate"
    #: Count the tokens of a conversation.
    COUNT = "count"
    #: Replace a conversation by a shorter one from which it can be continued.
    COMPACT = "compact"
    #: Pass a request on to a path that the client names.
    PROXY = "proxy"


#: Work on a conversation, to which a channel's system prompt applies.
CONVERSATIONS = frozenset({Work.CONVERSE, Work.COUNT, Work.COMPACT})
