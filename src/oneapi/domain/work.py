"""What a client can ask a provider to do, whatever API it speaks and wherever the provider does it."""

from __future__ import annotations

from enum import StrEnum


class Work(StrEnum):
    """Each kind of work is priced, forwarded and answered in its own way; the tables of those who do it are by kind."""

    CONVERSE = "converse"
    COMPLETE = "complete"
    EMBED = "embed"
    #: Change a text as an instruction says.
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
    #: Write down in English what is said in a recording.
    TRANSLATE = "translate"
    #: Count the tokens of a conversation.
    COUNT = "count"
    #: Pass a request on to an address that the client names.
    PROXY = "proxy"


#: Work on a conversation, which a channel's system prompt is part of.
CONVERSATIONS = frozenset({Work.CONVERSE, Work.COUNT})
