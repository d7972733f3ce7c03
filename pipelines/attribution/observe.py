"""Observations made from records: one form per value, tokens hashed, no account numbers or addresses.

A verification token is a secret between a body and a vendor; its equality across names is a fact worth
having. So the token becomes the first 12 hex digits of its SHA-256: equality stays, the token does not.
"""

from __future__ import annotations

import functools
import hashlib
import re

from pipelines.text import plain

# Values that are read for what they say are kept; everything that looks like a token is hashed.
_POLICY = re.compile(r"^v=(spf1|DMARC1|STSv1|TLSRPTv1|BIMI1|MCPv1)\b", re.IGNORECASE)
_DKIM = re.compile(r"(^|;)\s*(v=DKIM1|k=rsa|p=)", re.IGNORECASE)
_KEY_VALUE = re.compile(
    r"^(v=verifydomain MS=|_?[A-Za-z0-9][A-Za-z0-9 ._/-]{1,60}?[=:]\s?|ZOOM_verify_|TAILSCALE-|_?asvdns_|fastly-domain-delegation-"
    r"|SFMC-|nintex\.|mandrill_verify\.|logmein-domain-confirmation )"
    r"(\S{4,}|[^\s=]{1,3})$"  # an equals sign or two alone are the end of a token in base 64, no value
)
_OPAQUE = re.compile(r"^\S{16,}$")
_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_COMMA_AFTER_PRIORITY = re.compile(r"^(\d+)\s*,\s*")
_BETWEEN_STRINGS = re.compile(r'"\s*"')
_HOST = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_-]{1,63}\.)+[a-z]{2,63}")
_AROUND = ' \t\r\n"'
_HOST_KINDS = frozenset({"CNAME", "ALIAS", "ANAME", "NS", "PTR", "MX", "SRV", "DNAME"})


def digest(token: str) -> str:
    """The first 12 hex digits of the token's SHA-256, marked so that it cannot be taken for the token."""
    return "#" + hashlib.sha256(token.encode()).hexdigest()[:12]


@functools.lru_cache(maxsize=1024)
def kind(text: str) -> str:
    """A record type in capitals; a header or cookie mark in small letters."""
    text = text.strip()
    if ":" in text:
        return text.lower()
    text = text.upper()
    return "TXT" if text == "SPF" else text  # type 99 held the same text until RFC 7208 retired it


@functools.lru_cache(maxsize=65536)
def value(record_kind: str, text: str) -> str | None:
    """A record's value in the one form in which it is kept; None where nothing is left."""
    if record_kind in ("A", "AAAA"):
        return text.strip(_AROUND).lower() or None
    if record_kind in _HOST_KINDS:
        stripped = text.strip(_AROUND).lower()
        if not stripped:
            return "." if record_kind == "MX" else None  # files that drop final dots leave nothing of a null MX
        if record_kind == "MX":
            stripped = _COMMA_AFTER_PRIORITY.sub(r"\1 ", stripped)
        if record_kind == "MX" and stripped.rsplit(None, 1)[-1:] == ["."]:
            return stripped
        if record_kind == "MX" and stripped.isdigit():
            return f"{stripped} ."  # a null MX whose dot was lost on the way
        stripped = stripped.rstrip(".") or "."
        if stripped.count("-") >= 4:
            stripped = _GUID.sub(lambda m: digest(m.group()), stripped)
        # Most are a host name, in which there is nothing to make plain; a number in one is nobody's telephone.
        return stripped if _HOST.fullmatch(stripped) else plain(stripped)
    if record_kind == "TXT":
        return _txt(text)
    return plain(text)


def _txt(text: str) -> str | None:
    text = text.strip().replace("\\;", ";").replace('\\"', '"')
    if len(text) > 1 and text[0] == '"' == text[-1]:
        text = _BETWEEN_STRINGS.sub("", text[1:-1])
    if not text:
        return None
    if _POLICY.match(text):
        return plain(text)
    if _DKIM.search(text):
        return re.sub(r"p=([^;\s]{8,})", lambda m: "p=" + digest(m.group(1)), text[:2000])
    match = _KEY_VALUE.match(text)
    if match:
        token = match.group(2)
        return plain(match.group(1) + (token if token.startswith("#") and len(token) == 13 else digest(token)))
    if _OPAQUE.match(text):
        return digest(text)
    return plain(_ACCOUNT.sub(lambda m: digest(m.group()), text))


def observation_id(subject: str, record_kind: str, record_value: str | None, outcome: str) -> str:
    """Permanent: the same thing seen again has the same id."""
    text = "\x1f".join((subject, record_kind, record_value or "", outcome))
    return "o-" + hashlib.sha256(text.encode()).hexdigest()[:16]
