"""Models in the formats of OpenAI, Anthropic and Google."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oneapi.data import traits_of
from oneapi.domain.models.traits import ModelKind

if TYPE_CHECKING:
    from oneapi.application.relay.models import Model, ModelPage
    from oneapi.domain.models.profiles import ModelProfile

CREATED = 1626777600
#: The same time in Anthropic's format.
CREATED_AT = "2021-07-20T15:59:46Z"
#: Methods of Google's API.
GENERATES, EMBEDS = ("generateContent", "countTokens"), ("embedContent", "batchEmbedContents")
CUSTOM_OWNER = "custom"
PERMISSION = {
    "id": "modelperm-LwHkVFn8AcMItP432fKKDIKJ",
    "object": "model_permission",
    "created": CREATED,
    "allow_create_engine": True,
    "allow_sampling": True,
    "allow_logprobs": True,
    "allow_search_indices": False,
    "allow_view": True,
    "allow_fine_tuning": False,
    "organization": "*",
    "group": None,
    "is_blocking": False,
}


def as_openai(model: Model) -> dict[str, Any]:
    """OpenAI's format, with further known facts in OpenRouter's fields: https://openrouter.ai/docs/api/models."""
    return _openai_fields(model) | _known(model.profile)


def _openai_fields(model: Model) -> dict[str, Any]:
    return {
        "id": model.id,
        "object": "model",
        "created": CREATED,
        "owned_by": model.owner or CUSTOM_OWNER,
        "permission": [PERMISSION] if model.owner else None,
        "root": model.id,
        "parent": None,
    }


def _known(profile: ModelProfile) -> dict[str, Any]:
    known: dict[str, Any] = {
        "context_length": profile.context,
        "max_output_tokens": profile.output,
        "architecture": profile.inputs
        and {"input_modalities": profile.inputs, "output_modalities": profile.outputs},
        "shutdown_date": profile.shutdown,
    }
    return {name: value for name, value in known.items() if value}


def as_anthropic(model: Model) -> dict[str, Any]:
    """Anthropic's format, without sizes and capabilities: https://platform.claude.com/docs/en/api/models/list."""
    return {
        "type": "model",
        "id": model.id,
        "display_name": model.id,
        "created_at": CREATED_AT,
        "lifecycle": "active",
        "max_input_tokens": None,
        "max_tokens": None,
        "capabilities": None,
        "line": None,
        "deprecated_at": None,
        "retires_at": None,
    }


def page_as_anthropic(page: ModelPage) -> dict[str, Any]:
    return {
        "data": [as_anthropic(model) for model in page.models],
        "has_more": page.more,
        "first_id": page.models[0].id if page.models else None,
        "last_id": page.models[-1].id if page.models else None,
    }


def as_google(model: Model) -> dict[str, Any]:
    """Google's format, with known sizes: https://ai.google.dev/api/models#Model."""
    embeds = traits_of(model.id).kind is ModelKind.EMBEDDING
    sizes = {"inputTokenLimit": model.profile.context, "outputTokenLimit": model.profile.output}
    return {
        "name": f"models/{model.id}",
        "baseModelId": model.id,
        "version": "",
        "displayName": model.id,
        "description": model.id,
        "supportedGenerationMethods": EMBEDS if embeds else GENERATES,
        **{name: size for name, size in sizes.items() if size},
    }


def page_as_google(page: ModelPage) -> dict[str, Any]:
    """A page in Google's format; the last model's name is the token for the next page."""
    fields: dict[str, Any] = {"models": [as_google(model) for model in page.models]}
    return {**fields, "nextPageToken": page.models[-1].id} if page.more and page.models else fields
