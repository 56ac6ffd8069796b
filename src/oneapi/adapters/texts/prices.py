"""Explanations of charges on log rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneapi.domain.money.pricing import PriceWords

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Names of the classes of tokens in the log.
CLASSES = {
    "cache_write": {"zh": "缓存写入", "en": "cache writes"},
    "cache_write_1h": {"zh": "缓存写入（1 小时）", "en": "cache writes for an hour"},
    "audio_in": {"zh": "音频输入", "en": "audio input"},
    "audio_out": {"zh": "音频输出", "en": "audio output"},
    "image_in": {"zh": "图片输入", "en": "image input"},
    "image_out": {"zh": "图片输出", "en": "image output"},
}
#: Texts by language; the Chinese ones begin like the original's.
PRICE_WORDS: Mapping[str, PriceWords] = {
    "zh": PriceWords(
        short="倍率：{model:.2f} × {group:.2f}",
        cached="，缓存 {cached:.2f}",
        classes={name: f"，{words['zh']} {{count}} × {{ratio:.2f}}" for name, words in CLASSES.items()},
        searches="，搜索 {count} 次，每次按 {tokens} token 计",
        left_out="；上游不支持，已忽略：{names}",
    ),
    "en": PriceWords(
        short="Ratio: {model:.2f} × {group:.2f}",
        classes={name: f", {words['en']} {{count}} × {{ratio:.2f}}" for name, words in CLASSES.items()},
        searches=", searches {count} × {tokens} tokens",
        left_out="; not supported by the provider and left out: {names}",
    ),
}
