"""Foreign text made safe at the border: plain text, slugs, and no contact details.

Everything that other people wrote (notices, zones, feeds, pages) passes through `plain` once, before it
becomes a record. After that point no table, page, export or log holds an e-mail address or phone number.
"""

from __future__ import annotations

import gzip
import re
import unicodedata
import zlib

MAX_TEXT = 10_000

# C0 and C1 controls except tab and newline; bidi controls, because they turn the text around them; lone
# surrogates, because Arrow and DuckDB refuse a whole batch for one of them.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_SPACE = re.compile(r"[ \t\u00a0]+")
_EMAIL = re.compile(r"[A-Za-z0-9._%+'’&=/-]+\s?(?:@|\(at\)|\[at\])\s?((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})")
# UK phone numbers as people write them. Ten or eleven digits that start with 0 or +44, with the usual
# separators; a longer run of digits is an identifier and stays.
_PHONE = re.compile(
    r"(?<![\w.,/-])(?:\(?(?:\+|00)44\)?[\s.-]?(?:\(0\)[\s.-]?)?|\(?0)(?=[1-9(])"
    r"(?:\(?\d{2,5}\)?[\s.-]?)?(?:\d[\s.-]?){5,8}\d(?![\w/-])"
)
_DIGITS = re.compile(r"\d")


def _phone(match: re.Match[str]) -> str:
    digits = len(_DIGITS.findall(match.group()))
    return "[phone removed]" if 9 <= digits <= 14 else match.group()


def redact(text: str) -> str:
    """`text` without e-mail addresses, UK phone numbers or any '@'.

    An address becomes its domain, so that a DMARC record still shows who receives the reports; a phone
    number becomes "[phone removed]"; any other '@' becomes " at ".
    """
    if "@" in text or "(at)" in text or "[at]" in text:
        text = _EMAIL.sub(r"\1", text).replace("@", " at ").replace("＠", " at ")
    elif "＠" in text:
        text = text.replace("＠", " at ")
    if ("0" in text or "+44" in text) and len(_DIGITS.findall(text)) >= 9:
        text = _PHONE.sub(_phone, text)
    return text


def unpack(body: bytes) -> bytes:
    """`body` without gzip and without a byte-order mark; ValueError for a cut gzip stream."""
    if body[:2] == b"\x1f\x8b":
        try:
            body = gzip.decompress(body)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError("the gzip stream is cut or damaged") from error
    return body.removeprefix(b"\xef\xbb\xbf")


def unpack_text(body: bytes) -> str:
    """`body` unpacked and read as UTF-8; ValueError that says in words what it is instead."""
    try:
        return unpack(body).decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 text (byte {error.start})") from error


def plain(value: object, limit: int = MAX_TEXT) -> str | None:
    """Foreign text as safe plain text, or None where there is none.

    Controls, bidi marks and lone surrogates go; runs of blanks become one; contact details are removed;
    text over `limit` characters is cut and ends in an ellipsis. Markup stays what it is, characters: each
    face escapes for its own language.
    """
    if value is None:
        return None
    text = str(value)
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", _CONTROL.sub("", text))
    text = _SPACE.sub(" ", redact(text)).strip()
    if len(text) > limit:
        text = text[: limit - 1].rstrip() + "…"
    return text or None


def slug(name: str) -> str:
    """`name` in kebab case: the id of an organisation that has no GOV.UK slug."""
    text = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    text = text.replace("&", " and ").replace("'", "")
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


def search_key(words: str | None) -> str:
    """Words as the search compares them: no case, accents or signs; "&" as "and"; dots kept, for host names."""
    text = unicodedata.normalize("NFKD", (words or "").replace("&", " and ")).casefold()
    text = "".join(c if c.isalnum() or c == "." else " " for c in text if not unicodedata.combining(c))
    return " ".join(text.split())
