"""How good attribution is, measured on labels that a reader made without it.

Right: the answer names a labelled provider. Wrong: it names another, or any where the label says none or unknown.
Abstained: the label names one and the answer is unknown or absent. Precision is right over answers, recall right
over what could be known. Labels marked not sure are counted apart: a match with one is never wrong.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

NOBODY = ("unknown", "none")


@dataclass(slots=True)
class Score:
    """Counts of one part. `region_invented`: a region where the label shows another or none."""

    right: int = 0
    wrong: int = 0
    abstained: int = 0
    unknown_kept: int = 0
    none_right: int = 0
    none_missed: int = 0
    hidden: int = 0
    over_claimed: int = 0
    regions: int = 0
    region_invented: int = 0
    words: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    mistakes: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float | None:
        """Right answers over answers; None without answers."""
        answered = self.right + self.wrong
        return self.right / answered if answered else None

    @property
    def recall(self) -> float | None:
        """Right answers over labels that name a provider; None without such labels."""
        knowable = self.right + self.abstained
        return self.right / knowable if knowable else None


def score(labels: Iterable[Mapping[str, str]], answers: Iterable[Mapping[str, str]]) -> dict[str, Score]:
    """Scores by role, and `all`, of answers (rows of `cloudhold attribute`) against labels."""
    given: dict[tuple[str, str, str], list[Mapping[str, str]]] = defaultdict(list)
    for answer in answers:
        given[_key(answer)].append(answer)
    wanted: dict[tuple[str, str, str], list[Mapping[str, str]]] = defaultdict(list)
    for label in labels:
        wanted[_key(label)].append(label)
    scores: dict[str, Score] = defaultdict(Score)
    for key, rows in sorted(wanted.items()):
        for name in (key[1], "all"):
            _one(scores[name], key, rows, given.get(key, ()))
    return dict(scores)


def _key(row: Mapping[str, str]) -> tuple[str, str, str]:
    # For mail each layer is a question of its own; elsewhere the layer is a remark.
    return (row["host"], row["role"], (row.get("layer") or "back") if row["role"] == "mail" else "")


def _one(
    total: Score, key: tuple[str, str, str], labels: Sequence[Mapping[str, str]], answers: Sequence[Mapping[str, str]]
) -> None:
    sure = {row["provider"] for row in labels if row["sure"] == "yes"}
    allowed = {row["provider"] for row in labels}
    named = {row["provider"] for row in answers} - {"unknown"}
    seen = named | {row["origin_provider"] for row in answers if key[1] == "web"}
    for provider in sorted(sure):
        if provider == "unknown":
            total.unknown_kept += not named
        elif provider == "none":
            total.none_right += named == {"none"}
            total.none_missed += not named
        elif provider in seen:
            total.right += 1
            _word(total, answers, provider)
        else:
            total.abstained += 1
            total.mistakes.append(f"{' '.join(key).strip()}: {provider} missed")
    if sure:
        for provider in sorted(named - allowed - {"none"}):
            total.wrong += 1
            total.words[_confidence(answers, provider)]["wrong"] += 1
            total.mistakes.append(f"{' '.join(key).strip()}: {provider} named, {', '.join(sorted(allowed))} labelled")
    if key[1] == "web" and any(row["origin"] == "hidden" for row in labels) and sure:
        total.hidden += 1
        claimed = {row["origin_provider"] for row in answers if row["provider"] in allowed} - {"hidden", "unknown", ""}
        total.over_claimed += bool(claimed - {row["origin"] for row in labels})
    _regions(total, labels, answers, allowed)


def _regions(
    total: Score, labels: Sequence[Mapping[str, str]], answers: Sequence[Mapping[str, str]], allowed: set[str]
) -> None:
    shown = {row["region"] for row in labels if row["region"]}
    for answer in answers:
        if answer["region"] and answer["provider"] in allowed:
            total.regions += 1
            if answer["region"] not in shown and all(row["sure"] == "yes" for row in labels):
                total.region_invented += 1
                total.mistakes.append(f"{answer['host']} {answer['role']}: region {answer['region']} is not shown")


def _word(total: Score, answers: Sequence[Mapping[str, str]], provider: str) -> None:
    confidence = _confidence(answers, provider)
    if confidence:
        total.words[confidence]["right"] += 1


def _confidence(answers: Sequence[Mapping[str, str]], provider: str) -> str:
    order = ("confirmed", "likely", "possible")
    found = [row["confidence"] for row in answers if row["provider"] == provider]
    return min(found, key=order.index) if found else ""
