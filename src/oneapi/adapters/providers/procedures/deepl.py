"""Translation of the last message by DeepL: https://developers.deepl.com/api-reference/translate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.adapters.dialects.narrow import items_of, refuse, text, text_only
from oneapi.domain.chat import ChatReply, Choice, FinishReason, Text
from oneapi.domain.errors import InvalidParameter, UpstreamGarbage
from oneapi.domain.usage import Usage

if TYPE_CHECKING:
    from oneapi.adapters.providers.calls import ChatProcedure, Job

#: The target language of models whose name has none.
DEFAULT_LANGUAGE = "ZH"


def translation(job: Job) -> ChatProcedure:
    """Translate into the language that the model's name ends with, as in ``deepl-en`` and ``deepl-pt-BR``.

    Usage counts characters, as DeepL bills them. Raises InvalidParameter without messages.
    """
    chat = job.conversation()
    refuse(chat)
    if not chat.messages:
        raise InvalidParameter("messages", "messages is empty")
    original = text_only(chat.messages[-1].parts)
    _, _, language = job.model.partition("-")
    fields = {"text": [original], "target_lang": language or DEFAULT_LANGUAGE}
    answer = (yield job.post("/v2/translate", fields)).json()
    translations = items_of(answer.get("translations"))
    if not translations:
        raise UpstreamGarbage("the answer has no translations")
    choice = Choice((Text(text(translations[0].get("text"))),), FinishReason.STOP)
    return ChatReply("", "", (choice,), usage=Usage(prompt=len(original)))
