"""User names that cannot be confused with one another."""

from __future__ import annotations

import unicodedata

#: Unicode categories of characters that are invisible or look different everywhere: controls, direction marks, joiners,
#: surrogates, private and unassigned characters, separators other than the space.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Letters, marks and symbols that are nevertheless invisible.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u2800\u3164\uffa0")
#: Scripts whose letters look alike; a name may use only one of them.
_ALIKE_SCRIPTS = ("ARMENIAN", "CHEROKEE", "CYRILLIC", "GREEK", "LATIN")
#: Lower-case letters of other scripts that look like Latin ones, themselves or in upper case.
_LATIN = str.maketrans("аеорсухіјѕһԁԛԝӏкгтмнвαορνικτυχε", "aeopcyxijshdqwlkrtmhbaopviktuxe")


#: The longest text that is normalised. The time is quadratic in the number of marks on one letter:
#: https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format
LONGEST = 255


def normal_name(text: str) -> str:
    """``text`` as it is stored: in composed form, trimmed, with single spaces.

    Raises ValueError for a text that is too long to be a name.
    """
    _check_length(text)
    return " ".join(unicodedata.normalize("NFC", text).split())


def is_fit(name: str) -> bool:
    """Whether a normal name is readable: not empty, no hidden characters, letters of one script only."""
    if not name or any(_is_hidden(character) for character in name):
        return False
    scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in name if letter.isalpha()}
    return len(scripts.intersection(_ALIKE_SCRIPTS)) <= 1


def forms_of(name: str) -> frozenset[str]:
    """Every stored form, with ASCII letters in lower case, of a name that could be confused with ``name``.

    Raises ValueError as ``normal_name``.
    """
    _check_length(name)
    small = unicodedata.normalize("NFKC", name).casefold()
    usual = (name, name.lower(), name.upper(), name.title(), small, small.translate(_LATIN))
    return frozenset(form.translate(_SMALL_ASCII) for form in usual)


_SMALL_ASCII = {capital: capital + 32 for capital in range(ord("A"), ord("Z") + 1)}


def _check_length(text: str) -> None:
    if len(text) > LONGEST:
        raise ValueError(f"a name has at most {LONGEST} characters, not {len(text)}")


def _is_hidden(character: str) -> bool:
    selects_a_variant = "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    return unicodedata.category(character) in _UNSEEN or character in _BLANK or selects_a_variant
