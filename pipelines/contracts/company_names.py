"""Company names as ledgers, card systems and notices write them: what is the name, and what stands around it."""

from __future__ import annotations

import functools
import html
import re
import unicodedata
from collections.abc import Iterator

# What accounting and card systems put around a name: ledger numbers, notes to the clerk, payment processors,
# stray signs.
_CLERK = r"(?:do not use|don'?t use|not in use|closed|inactive|obsolete|duplicate|z{2,}|x{2,})"
_LEDGER = re.compile(
    rf"^[~#]?[a-z]{{0,2}}\d{{3,}}[\s:~_-]+|^{_CLERK}\b[\s:~_*)\]-]+|\s*[~#]\s*\d+$|\s+\+?\d{{6,}}$|[\s:~_*(\[-]+{_CLERK}$",
    re.IGNORECASE,
)
_PROCESSOR = re.compile(r"^(?:paypal|pp|sumup|sq|zettle|izettle|iz|stripe|worldpay|wp|crv|sp)\s*\*+\s*", re.IGNORECASE)
_EDGES = re.compile(r"^[^\w(&]+|[^\w).]+$")
# UTF-8 that somebody read as Windows-1252.
_MISREAD = re.compile("[\u00c2\u00c3]|\u00e2\u20ac")
_LONELY_MARK = re.compile("\u00c2(?=\\s|$)")
_SIGNS = str.maketrans("¿\ufffd_", "   ")
_ENTITY = re.compile(r"&(?:amp;)*#?\w+;")
_SOFTWARE = re.compile(r"\bs/w\b", re.IGNORECASE)
_PUNCTUATION = re.compile(r"[^\w&+]+")
_PHRASES = (
    (re.compile(r"\bs ?a? ?r ?l\b|(?<=emea)sarl\b|\bsociete a responsabilite limitee\b"), " sarl"),
    (re.compile(r"\bpublic limited company\b"), "plc"),
    (re.compile(r"\bdesignated activity company\b"), "dac"),
    (re.compile(r"\bunlimited company\b"), "ulc"),
    (re.compile(r"\b(?:private|proprietary) limited\b|\blimited company\b"), "ltd"),
    (re.compile(r"\b(?:(?:united|utd) kingdom|great britain|gb)\b"), "uk"),
    (re.compile(r"\basia pacific\b"), "apac"),
    (re.compile(r"center(?=s?\b)"), "centre"),
)
_SPELLINGS = {
    "&": "and", "service": "services", "svc": "services", "svcs": "services", "serv": "services", "solution": "solutions",
    "soln": "solutions", "solns": "solutions",
    "operation": "operations", "ops": "operations", "corpn": "corporation", "intl": "international",
}  # fmt: skip
# Legal forms that are no other word, wherever they stand; and those that are one only at the end of a name. Not LLP: the
# companies that we know are none, so that a partnership of the same name is somebody else.
_FORMS = frozenset([
    "limited", "ltd", "lmtd", "plc", "llc", "inc", "incorporated", "corp", "corporation", "sarl", "gmbh",
    "bv", "co", "dac", "ulc", "cyf", "cyfyngedig",
])  # fmt: skip
_LAST_FORMS = frozenset([
    "sa", "sas", "sasu", "ag", "ab", "as", "aps", "oy", "oyj", "nv", "pty", "pte", "pvt", "gk", "kk", "kg", "se",
    "spa", "srl", "sl", "slu", "pbc", "unlimited",
])  # fmt: skip
_BRANCH_WORDS = frozenset(["branch", "succursale", "filiale", "niederlassung"])
_COUNTRIES = frozenset([
    "ireland", "irl", "ire", "eire", "deutschland", "germany", "france", "francaise", "nederland", "netherlands",
    "svenska", "sweden", "danmark", "denmark", "norge", "norway", "suomi", "finland", "italia", "italy", "espana",
    "iberica", "spain", "portugal", "polska", "poland", "austria", "osterreich", "schweiz", "suisse", "switzerland",
    "belgium", "luxembourg", "us", "usa", "america", "canada", "australia", "singapore", "apac", "india", "japan",
    "korea", "china", "brasil", "brazil", "mexico",
])  # fmt: skip
# The form that ends a company's name; what follows is a remark ("PSS", a town, a payment channel).
_ENDS_NAME = re.compile(
    r"\b(?:limited|ltd|plc|llp|llc|s\.?\s?[aà]\.?\s?r\.?\s?l|gmbh|inc)\b\.?(?![\w*])", re.IGNORECASE
)
# Unless it speaks of a body of its own beside the company, or limits something else.
_ANOTHER_BODY = re.compile(
    r"\b(?:pensions?|trustees?|(?<!nhs )(?<!foundation )trust|fund|scheme|club|association|society|charity|charitable"
    r"|foundation(?! trust)|editions?|partnership|liability|museum|benevolent|retirement|unions?|users?)\b",
    re.IGNORECASE,
)
# Towns of the companies and their branches, as ledgers and card lines add them.
_TOWNS = frozenset([
    "london", "dublin", "luxembourg", "lux", "seattle", "reading", "edinburgh", "birmingham", "york", "pocklington",
    "marlow", "hatfield", "leatherhead", "sheffield", "uxbridge", "portsmouth", "hursley", "hayes",
])  # fmt: skip
# What may follow a name that lacks its legal form, or stand in brackets before it.
_REMARKS = _TOWNS | frozenset([
    "non", "edi", "bacs", "chaps", "faster", "payment", "payments", "only", "gbp", "eur", "euro", "usd", "sterling",
    "account", "acct", "a", "c", "card", "p", "pcard", "pss", "vat", "invoice", "invoices", "dd", "po", "emea",
    "uk", "l", "li", "lt", "lim", "limi", "limit", "limite", "wa", "lu", "ie", "gbr", "usa", "europe", "jan", "feb", "mar", "apr",
    "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
])  # fmt: skip
_PEOPLES = frozenset([
    "uk", "irish", "british", "scottish", "english", "welsh", "european", "french", "german", "dutch",
])  # fmt: skip
_PLACES = _TOWNS | _COUNTRIES | _PEOPLES
_BRANCH = re.compile(rf"\b(?:{'|'.join(sorted(_BRANCH_WORDS))})\b", re.IGNORECASE)
_BRANCH_OF = re.compile(r"\bbranch of\s+(.+)", re.IGNORECASE)
_ALSO_CALLED = re.compile(
    r"\s+[(\[]?(?:t/a|trading as|formerly|previously|f/?k/?a|a/?k/?a|now (?:known|called|trading))\b.*", re.IGNORECASE
)
_WEB = re.compile(r"^(?:www\.)?([\w-]+)\.(?:com|co\.uk|net|eu)$", re.IGNORECASE)
# Without a path: google.com/ch is where somebody pays a shop through Google.
_ADDRESS = re.compile(
    r"\s+((?:[\w-]+\.)+)(?:com?|c|net|info|eu|org|uk)\w{0,2}(?!\w)[^\s/]*(?:\s+\w{2,3})?$", re.IGNORECASE
)
_PARTS = re.compile(r"\s+[-–|]\s+|\s*[/*,]\s*")
_CODE, _NO_CODE = re.compile(r"[A-Z]{2,4}"), re.compile(r"(?!)")
_GENERIC_LAST = frozenset({"services", "solutions", "group", "operations", "holdings"})


def _mended(text: str) -> str:
    """Text that was written as UTF-8 and read as Windows-1252, read again; any other text as it is."""
    if not _MISREAD.search(text):
        return text
    for encoding in ("cp1252", "latin-1"):
        try:
            return text.encode(encoding).decode()
        except UnicodeError:
            continue
    return _LONELY_MARK.sub(" ", text)


def _character(entity: re.Match[str]) -> str:
    """What an HTML entity stands for, also where it was escaped twice."""
    return html.unescape(html.unescape(entity.group()))


def tidy(name: str) -> str:
    """A name as one line of plain characters, without ledger numbers, processors and stray signs around it."""
    text = _SOFTWARE.sub("software", _ENTITY.sub(_character, name))
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFKC", _mended(text))
        text = "".join(c if c.isprintable() else " " for c in text if unicodedata.category(c) != "Cf")
    text = " ".join(text.translate(_SIGNS).split())
    previous = None
    while text != previous:
        previous = text
        text = _PROCESSOR.sub("", _LEDGER.sub("", _EDGES.sub("", text)))
    return text


@functools.lru_cache(maxsize=65536)
def words(name: str) -> tuple[str, ...]:
    """Every word of a name, legal form included: no case, accents or punctuation; initials joined, abbreviations
    written out, countries and legal forms of several words in one."""
    text = tidy(name).casefold()
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    joined: list[str] = []
    initials = False
    for word in _PUNCTUATION.sub(" ", text).split():
        single = len(word) == 1 and word.isalpha()
        if single and initials:
            joined[-1] += word
        else:
            joined.append(word)
        initials = single
    text = " ".join(joined)
    for pattern, instead in _PHRASES:
        text = pattern.sub(instead, text)
    return tuple(_SPELLINGS.get(word, word) for word in text.split())


def significant(name: str) -> tuple[str, ...]:
    """The words of a name without its legal form and words for a branch."""
    kept = [word for word in words(name) if word not in _FORMS and word not in _BRANCH_WORDS]
    while len(kept) > 1 and kept[-1] in _LAST_FORMS:
        kept.pop()
        if len(kept) > 1 and kept[-1] == "and":  # GmbH & Co. KG
            kept.pop()
    return tuple(kept)


@functools.lru_cache(maxsize=65536)
def normalise(name: str) -> str:
    """A company name without case, accents, punctuation, legal form, the word for the UK and words for a branch."""
    return " ".join(word for word in significant(name) if word != "uk")


def without_country(name: str) -> str:
    """A normalised name without words for any country."""
    return " ".join(word for word in normalise(name).split() if word not in _COUNTRIES)


def parted(name: str) -> str | None:
    """A name that is written as several words in one (UKCloud, ServiceNow) as those words; None for any other."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return " ".join(significant(apart)) if apart != name else None


def initials(text: str) -> str:
    """The first letters of a name's words: aws for Amazon Web Services."""
    return "".join(word[0] for word in normalise(text).split())


def _stands_for(short: str, text: str) -> bool:
    """Whether a word is the initials of a name, or of its beginning: aws for Amazon Web Services EMEA."""
    found, first = normalise(short), initials(text)
    return bool(found) and (found in (first, first + "s") or (len(found) >= 3 and first.startswith(found)))


def abbreviations(word: str) -> set[str]:
    """How a word is also written."""
    return {short for short, whole in _SPELLINGS.items() if whole == word}


def is_another_body(text: str) -> bool:
    """Whether a text speaks of a pension fund, a club or the like, which is not the company that it is named after."""
    return bool(_ANOTHER_BODY.search(text))


def ends_with_form(text: str) -> bool:
    """Whether a text holds the legal form that ends a company's name."""
    return bool(_ENDS_NAME.search(text))


def is_remark(word: str, name: str) -> bool:
    """Whether a word after a normalised name says nothing of who the company is."""
    short = len(word) >= 3 and "".join(part[0] for part in name.split()).startswith(word)
    return short or word in _REMARKS or any(c.isdigit() for c in word)


def without_surroundings(text: str) -> Iterator[str]:
    """What may be the name itself in a tidy text that says more."""
    ends = _ENDS_NAME.search(text)
    if ends:
        yield text[: ends.end()]
    whole, _, last = text.rpartition(" ")
    cut_form = last and ("limited".startswith(last.casefold()) or "ltd".startswith(last.casefold()))
    if cut_form and (" " in whole or len(last) >= 3):
        yield whole
    outside = " ".join(re.sub(r"\([^()]*\)?", " ", text).split())
    if outside and outside != text:
        brackets = re.findall(r"\(([^()]*)\)?", text)
        known = normalise(outside)
        # a long name is still itself with a clerk's code, such as (OOW), behind it
        code = _CODE if known.count(" ") >= 2 else _NO_CODE
        if all(code.fullmatch(inside) or all(is_remark(word, known) for word in words(inside)) for inside in brackets):
            yield outside
        yield from (inside for inside in re.findall(r"\(([^()]+)\)", text) if _stands_for(outside, inside))
    yield from _of_two_parts(text)
    yield from _of_a_branch(text)
    yield from _of_an_address(text)
    if (called := _ALSO_CALLED.sub("", text)) != text:
        yield called
    if ends and not text[ends.end() :].strip(" .,)"):
        # "Skyscape Cloud Ltd" for "Skyscape Cloud Services Limited": a company's form, less its last common word
        found = normalise(text).split()
        if len(found) >= 2 and sum(map(len, found)) >= 12 and found[-1] not in _GENERIC_LAST:
            yield from (f"{' '.join(found)} {word}" for word in sorted(_GENERIC_LAST))


def _of_two_parts(text: str) -> Iterator[str]:
    """ "AWS - Amazon Web Services", "AWS Amazon Web Services": the part whose initials are the other."""
    parts = _PARTS.split(text)
    if len(parts) == 2:
        for one, other in (parts, reversed(parts)):
            if _stands_for(one, other):
                yield other
    first, _, rest = text.partition(" ")
    if len(first) >= 3 and _stands_for(first, rest):
        yield rest


def _of_a_branch(text: str) -> Iterator[str]:
    if of := _BRANCH_OF.search(text):
        yield of.group(1)
    branch = _BRANCH.search(text)
    if branch and all(is_remark(word, "") or word in _PLACES for word in words(text[branch.end() :])):
        found = re.sub(r"[(),–-]", " ", text[: branch.start()]).split()
        while found and found[-1].casefold() in _PLACES:
            found.pop()
        yield " ".join(found)


def _of_an_address(text: str) -> Iterator[str]:
    """A name written as its web address, or followed by one, whole or cut."""
    first, _, rest = text.partition(" ")
    if web := _WEB.match(first):
        if all(part.partition(".")[0].casefold() == web.group(1).casefold() for part in rest.split()):
            yield web.group(1)
    elif (address := _ADDRESS.search(text)) and first.casefold() in address.group(1).casefold().split("."):
        yield text[: address.start()]
    elif match := _WEB.match(text.replace(" ", "-")):
        yield match.group(1)


def swaps(word: str) -> set[str]:
    """A word of seven letters or more with two neighbours swapped, each way that changes it; none for a shorter one."""
    pairs = range(len(word) - 1 if len(word) >= 7 else 0)
    return {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in pairs} - {word}


def one_slip(found: list[str], known: list[str]) -> bool:
    """Whether words differ by one letter too many, too few or changed, or by two neighbours swapped."""
    one, other = " ".join(found), " ".join(known)
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    if sorted(one) == sorted(other):
        changed = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        return len(changed) == 2 and changed[1] - changed[0] == 1
    shorter, longer = sorted((one, other), key=len)
    start = next((i for i, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    return shorter[start + (len(shorter) == len(longer)) :] == longer[start + 1 :]
