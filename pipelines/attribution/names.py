"""Host names: written one way, and told apart by what they can be.

Many names in a zone are not services: they validate a certificate, carry a mail policy, or serve a
device. Counting them would inflate every measure, so each name says whether it can be a service's name.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from pathlib import Path

from publicsuffixlist import PSLFILE, PublicSuffixList

# First labels that providers use to validate a name before traffic moves. They say who was asked to serve
# the name, not who serves it.
VALIDATION_LABELS = frozenset(
    ["afdverify", "asverify", "awverify", "cdnverify", "asuid", "cloudflare-verify", "_acme-challenge", "_dnsauth"]
)

# First labels of names that carry a policy, and labels above which a key or a mark stands: what they point to is a
# file or a key that somebody keeps for the domain, neither a site nor the validation of a certificate.
POLICY_LABELS = frozenset({"_dmarc", "_mta-sts", "_smtp", "_domainconnect"})
_POLICY_PARTS = ("._domainkey.", "._bimi.", "._report.")

# First labels of mail, device and telephony names: real hosts, not services that people visit.
DEVICE_LABELS = frozenset(
    [
        "autodiscover",
        "autoconfig",
        "enterpriseenrollment",
        "enterpriseregistration",
        "lyncdiscover",
        "lyncdiscoverinternal",
        "msoid",
        "sip",
        "sipdir",
        "sipfed",
        "mta-sts",
        "mail",
        "smtp",
        "smtp1",
        "smtp2",
        "imap",
        "pop",
        "pop3",
        "mx",
        "mx1",
        "mx2",
        "relay",
        "ns",
        "ns0",
        "ns1",
        "ns2",
        "ns3",
        "ns4",
        "dns",
        "dns1",
        "dns2",
        "vpn",
        "sslvpn",
        "owa",
        "webmail",
        "ftp",
        "sftp",
        "ldap",
        "mailhost",
        "mailrelay",
    ]
)

# Labels that name an environment. The longest list that a department published (HM Courts and Tribunals
# Service) plus the usual ones; a label matches whole or before a dash.
ENVIRONMENTS: dict[str, str] = {
    **dict.fromkeys(("dev", "develop", "development", "devl", "dev1", "dev2"), "dev"),
    **dict.fromkeys(("test", "tst", "testing", "test1", "test2", "qa", "sit", "systest"), "test"),
    **dict.fromkeys(("stage", "staging", "stg", "stag", "pp", "preprod", "prp", "pre-prod"), "staging"),
    **dict.fromkeys(("demo", "trial"), "demo"),
    **dict.fromkeys(("sandbox", "sbx", "sandpit", "poc"), "sandbox"),
    **dict.fromkeys(("uat", "oat", "aat"), "uat"),
    **dict.fromkeys(("perftest", "perf", "nft", "loadtest"), "perftest"),
    **dict.fromkeys(("ithc", "nle", "preview", "training", "nonprod", "non-prod"), "other"),
}
_ENVIRONMENT = re.compile(
    r"(?:^|[.-])(" + "|".join(sorted(map(re.escape, ENVIRONMENTS), key=len, reverse=True)) + r")(?=[.-]|$)"
)
_SPLIT_PRIORITY = re.compile(r"^\d+\s+")


@functools.lru_cache(maxsize=65536)
def host(text: str) -> str:
    """A host name written one way: lower case, no final dot, no blanks or escape marks, accents as in the DNS."""
    name = spelled(text)
    return name if name.isascii() else ".".join(map(_encoded, name.split(".")))


def spelled(text: str) -> str:
    """A host name as its source spells it, accents included, without what says nothing."""
    return text.strip().lower().rstrip(".").replace("\\052", "*").replace("\\", "")


def _encoded(label: str) -> str:
    """A label with other than ASCII letters as the DNS keeps it (RFC 3492)."""
    return label if label.isascii() else "xn--" + unicodedata.normalize("NFC", label).encode("punycode").decode()


def _decoded(label: str) -> str:
    """A label of the DNS with the letters that it stands for; itself where it stands for none."""
    try:
        return label.removeprefix("xn--").encode().decode("punycode") if label.startswith("xn--") else label
    except UnicodeError:
        return label


def without_priority(value: str) -> str:
    """The host of an MX or SRV value, whose numbers come first."""
    return host(value.rsplit(None, 1)[-1]) if value.strip() else ""


@functools.lru_cache(maxsize=65536)
def environment(name: str, stated: str | None = None) -> str | None:
    """The environment that a name or its source states; None is taken as live."""
    if stated:
        word = stated.strip().lower()
        if word in ("prod", "production", "live", ""):
            stated = None
        else:
            return ENVIRONMENTS.get(word, word)
    labels, _, _ = name.rpartition(".")
    match = _ENVIRONMENT.search(labels)
    return ENVIRONMENTS[match.group(1)] if match else None


def first_label(name: str) -> str:
    """What stands before the first dot; the whole name where there is none."""
    return name.partition(".")[0]


def is_validation(name: str) -> bool:
    """Whether the name exists to validate another name or carry a policy."""
    return first_label(name) in VALIDATION_LABELS or name.startswith("_") or "._" in name


def is_policy(name: str) -> bool:
    """Whether the name carries a policy or a key, which validates nothing."""
    return first_label(name) in POLICY_LABELS or any(part in name for part in _POLICY_PARTS)


@functools.lru_cache(maxsize=65536)
def is_service_name(name: str) -> bool:
    """Whether people could visit this name as a service."""
    if is_validation(name) or name.endswith((".arpa", ".in-addr", ".ip6")) or ".in-addr." in name:
        return False
    label = first_label(name)
    return label not in DEVICE_LABELS and label != "*"


def parents(name: str) -> list[str]:
    """Every name above `name`, nearest first, down to two labels."""
    labels = name.split(".")
    return [".".join(labels[i:]) for i in range(1, len(labels) - 1)]


@functools.cache
def _suffix_text() -> str:
    return Path(PSLFILE).read_text(encoding="utf-8")


@functools.lru_cache(maxsize=4096)
def _suffix_list(top: str) -> PublicSuffixList:
    """The public suffixes under one top-level domain, given as the DNS keeps it.

    Those of the others can decide nothing about its names, and to parse all of them takes a tenth of a short run.
    """
    suffixes: list[str] = []
    for end in {top, _decoded(top)}:
        # Searched by its last letters: a pattern that begins with the start of a line would stop at each of them.
        for found in re.finditer(rf"{re.escape(end)}(?=\s)", _suffix_text()):
            suffix = _suffix_text()[_suffix_text().rfind("\n", 0, found.start()) + 1 : found.end()]
            if f".{suffix}".endswith(f".{end}") and not suffix.startswith("//") and not re.search(r"[\s/]", suffix):
                suffixes.append(suffix)
    encoded = [".".join(map(_encoded, suffix.split("."))) for suffix in suffixes if not suffix.isascii()]
    return PublicSuffixList(suffixes + encoded, accept_encoded_idn=False)


@functools.lru_cache(maxsize=65536)
def registrable(name: str) -> str:
    """The name that somebody registered: one label below the public suffix."""
    return _suffix_list(_encoded(name[name.rfind(".") + 1 :].lower())).privatesuffix(name) or name


def same_owner(first: str, second: str) -> bool:
    """Whether two names stand under one registrable name. Names that differ in their last two labels cannot."""
    return first.rsplit(".", 2)[-2:] == second.rsplit(".", 2)[-2:] and registrable(first) == registrable(second)
