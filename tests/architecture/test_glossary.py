"""Classes and modules are named by the words of ``docs/explain/glossary.md``, each in its one meaning."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.architecture.programs import parsed

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "oneapi"
GLOSSARY = ROOT / "docs" / "explain" / "glossary.md"
ROW = re.compile(r"^\| \*\*(?P<word>.+?)\*\* \| (?P<chinese>.+?) \| (?P<meaning>.+?) \| (?P<class>.+?) \|$")

#: Words that easily take a second meaning -> the only places whose classes and modules may be named with them.
HOMES = {
    "attempt": ["domain/requests.py"],
    "catalog": ["application/catalog.py"],
    #: Sorting only. What a caller wants done is a request or a change.
    "order": ["entrypoints/http/admin/bodies.py"],
    #: Encryption at rest only. A request is signed, a segment of the spool is closed.
    "seal": ["adapters/database", "domain/errors"],
}

#: Names that several modules give to their implementation of one interface, or to the port that a class implements.
INTERFACES = {"AccessTokens", "Framer", "Passwords", "Reader", "Serves", "Tap", "Writer"}
#: Modules that spell a client's or a provider's objects as its API does.
SPELT_AS_ON_THE_WIRE = ("wire.py", "bodies.py", "multipart.py")


class Term(NamedTuple):
    word: str
    meaning: str
    class_name: str


def terms() -> list[Term]:
    found = (ROW.match(line) for line in GLOSSARY.read_text(encoding="utf-8").splitlines())
    return [Term(row["word"], row["meaning"], row["class"].strip("`")) for row in found if row]


@cache
def classes() -> dict[str, list[str]]:
    """Class name -> the modules that define one."""
    found = defaultdict(list)
    for path in SOURCE.rglob("*.py"):
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef):
                found[node.name].append(path.relative_to(SOURCE).as_posix())
    return found


def modules() -> list[str]:
    return [path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py")]


def words_in(name: str) -> list[str]:
    """The words of a name in CamelCase or snake_case, in lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def is_form_of(word: str, root: str) -> bool:
    return re.fullmatch(rf"{root}(s|ed|ing|er)?", word) is not None


def test_the_glossary_is_sorted_and_every_meaning_is_a_sentence() -> None:
    words = [term.word for term in terms()]

    assert words == sorted(words, key=str.lower)
    assert len(words) == len(set(words))
    assert [term.word for term in terms() if not re.match(r"[A-Z].*\.$", term.meaning)] == []


@pytest.mark.parametrize(
    "term", [term for term in terms() if term.class_name != "–"], ids=lambda term: term.word
)
def test_the_class_of_a_term_exists_once(term: Term) -> None:
    places = classes()[term.class_name]

    assert places
    assert len(places) == 1, places


@pytest.mark.parametrize("root", HOMES)
def test_a_word_with_one_meaning_is_used_at_home_only(root: str) -> None:
    named = [(name, place) for name, places in classes().items() for place in places]
    named += [(Path(module).stem, module) for module in modules()]

    astray = [
        f"{name} in {place}"
        for name, place in named
        if any(is_form_of(word, root) for word in words_in(name)) and not place.startswith(tuple(HOMES[root]))
    ]

    assert astray == []


def test_two_classes_of_one_name_are_one_idea() -> None:
    namesakes = {
        name: meant
        for name, places in classes().items()
        if not name.startswith("_") and name not in INTERFACES
        if len(meant := [place for place in places if not place.endswith(SPELT_AS_ON_THE_WIRE)]) > 1
    }

    assert namesakes == {}
