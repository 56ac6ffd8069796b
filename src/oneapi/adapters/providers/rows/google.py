"""Google: the Gemini API, Vertex AI, and the older PaLM API."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attrs import evolve

from oneapi.adapters.dialects.gemini.schemas import cleaned
from oneapi.adapters.dialects.gemini.wire import NAME as GEMINI
from oneapi.adapters.dialects.openai_chat.paths import PATHS
from oneapi.adapters.dialects.openai_chat.wire import NAME as OPENAI_CHAT
from oneapi.adapters.dialects.reranking.providers import GoogleRanking
from oneapi.adapters.dialects.tool_calls import RULES
from oneapi.adapters.providers import newer_parameters
from oneapi.adapters.providers.auth import Auth, unsigned
from oneapi.adapters.providers.offers import Offer, below, by_procedure, like, with_quirks
from oneapi.adapters.providers.platforms import gemini, vertex
from oneapi.adapters.providers.procedures import google
from oneapi.adapters.providers.procedures.reranking import reranking
from oneapi.adapters.providers.quirks import Drop, Schemas
from oneapi.adapters.providers.rows.fields import PART, REGION
from oneapi.adapters.providers.specs import ProviderSpec
from oneapi.domain.routing.channel_types import ConfigField, KeyForm, Words
from oneapi.domain.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterator


def _pictures(path: google.Path) -> Iterator[Offer]:
    """Offers of images: Imagen draws by predictions, other models draw and retouch in conversations.

    ``path`` makes the paths of both.
    """
    yield evolve(by_procedure(Work.DRAW, partial(google.prediction, path)), models=like("imagen.*"))
    for work in (Work.DRAW, Work.RETOUCH):
        yield evolve(by_procedure(work, partial(google.conversation, path)), models=like("(?!imagen)[^/]*"))


ROWS = (
    ProviderSpec(
        number=11,
        id="palm",
        label=Words("PaLM2", "Google PaLM 2"),
        docs="https://ai.google.dev/palm_docs/deprecation",
        base_url=gemini.HOST,
        owner="google palm",
        auth=Auth(gemini.goog_api_key),
        offers=(Offer(Work.CONVERSE, "palm", gemini.palm_path),),
    ),
    ProviderSpec(
        number=24,
        id="gemini",
        label=Words("Gemini", "Google Gemini"),
        docs="https://ai.google.dev/api/generate-content",
        base_url=gemini.HOST,
        owner="google gemini",
        auth=Auth(gemini.goog_api_key),
        offers=(
            Offer(Work.CONVERSE, GEMINI, gemini.content_path),
            Offer(
                Work.COUNT,
                GEMINI,
                gemini.count_path,
                quirks=(
                    Drop(
                        name="systemInstruction",
                        reason="answers 400 if it is sent with contents; a channel's own prompt would be there",
                        link="https://ai.google.dev/api/tokens#method:-models.counttokens",
                    ),
                ),
            ),
            Offer(Work.EMBED, GEMINI, procedure=gemini.embeddings),
            *_pictures(gemini.model_path),
        ),
        config=(ConfigField("api_version", Words("API 版本", "API version"), required=False),),
        other="api_version",
        uses_settings=True,
    ),
    ProviderSpec(
        number=42,
        id="vertexai",
        label=Words("VertexAI", "Google Vertex AI"),
        docs="https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference",
        host=vertex.host,
        owner="vertexai",
        auth=Auth(unsigned, sign=vertex.with_token, token=vertex.AccessTokens()),
        offers=(
            Offer(Work.CONVERSE, GEMINI, vertex.content_path, models=vertex.is_own),
            Offer(Work.COUNT, GEMINI, vertex.count_path, models=vertex.is_own),
            Offer(Work.CONVERSE, "vertex_claude", vertex.messages_path, models=vertex.is_claude),
            Offer(
                Work.CONVERSE,
                OPENAI_CHAT,
                vertex.openapi_path,
                models=vertex.is_of_others,
                quirks=(
                    newer_parameters.system_role(
                        "https://cloud.google.com/vertex-ai/generative-ai/docs/migrate/openai/overview"
                    ),
                ),
            ),
            evolve(by_procedure(Work.EMBED, vertex.embeddings), models=vertex.is_own),
            reranking(
                GoogleRanking(),
                vertex.reranking_address,
                docs="https://cloud.google.com/generative-ai-app-builder/docs/ranking",
            ),
            *_pictures(vertex.own_path),
        ),
        key=KeyForm(
            "REGION|PROJECT_ID|ADC_JSON",
            pattern=rf"{PART}\|{PART}\|\{{.*\}}",
            config=("region", "vertex_ai_project_id", "vertex_ai_adc"),
            hint=Words(
                "区域|项目|服务账号密钥的 JSON",
                "region|project|ADC; ADC is the JSON of a service account's key",
            ),
        ),
        config=(
            REGION,
            ConfigField("vertex_ai_project_id", Words("项目 ID", "Project id")),
            ConfigField(
                "vertex_ai_adc",
                Words("应用默认凭据 JSON", "Application default credentials (JSON)"),
                secret=True,
            ),
        ),
        uses_settings=True,
    ),
    ProviderSpec(
        number=51,
        id="geminiv2",
        label=Words("Gemini (OpenAI)", "Gemini (OpenAI format)"),
        docs="https://ai.google.dev/gemini-api/docs/openai",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        owner="geminiv2",
        offers=with_quirks(
            (evolve(offer, tool_names=RULES["gemini"]) for offer in below("", *PATHS)),
            Schemas(
                cleaned=cleaned,
                reason="schemas reach an API that supports a part of JSON Schema and refuses the rest",
                link="https://ai.google.dev/gemini-api/docs/structured-output#json-schema-support",
            ),
            newer_parameters.system_role("https://ai.google.dev/gemini-api/docs/openai"),
        ),
    ),
)
