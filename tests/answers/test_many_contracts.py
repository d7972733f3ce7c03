"""However many contracts an edition holds, a question reads a page of them: the rest is counted where it lies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.asking import asked, parameters_of
from benchmarks import _many
from pipelines.answers import concentration, contracts, questions
from pipelines.edition import Edition

FEW, MANY = 4_000, 16_000
PAGED, PAGE = "skip", {"most": "40"}
# Pairs of quarters in which contracts begin and end: there is an end to them, which these few contracts do not reach.
SPREAD = {"in-force": 0.25}
NEEDS = {
    "claim": {"provider": "aws", "most": "40"}, "concentration": {"population": "contracts", "weight": "value"},
    "dependence": {"provider": "aws"}, "explain": {"subject": "home-office"}, "exposure": {"preset": "fastly-2021-06-08"},
    "peers": {"organisation": "leeds"}, "service": {"service": "govuk"},
}  # fmt: skip


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Edition, Edition]:
    """Two editions that differ in the number of their contracts alone, all of a few bodies."""
    few, many = (Edition.of(_many.edition(tmp_path_factory.mktemp("many") / "store", n)) for n in (FEW, MANY))
    for edition in (few, many):
        edition.query("UPDATE contracts SET organisation_id = if(hash(contract_id) % 2 = 0, 'home-office', 'leeds')")
    return few, many


def rows_read(edition: Edition, question: str, given: dict[str, str], watch: pytest.MonkeyPatch) -> int:
    """Rows that leave the tables for Python while a question is answered."""
    seen = 0

    def counting(name: str, ask: Any) -> Any:
        def counted(self: Edition, *arguments: Any) -> Any:
            nonlocal seen
            found = ask(self, *arguments)
            seen += len(found)
            for row in found if name == "rows" else ():
                seen += sum(len(value) for value in row.values() if isinstance(value, list))
            return found

        return counted

    with watch.context() as patched:
        for name in ("rows", "query"):
            patched.setattr(Edition, name, counting(name, getattr(Edition, name)))
        asked(edition, question, given)
    return seen


@pytest.mark.parametrize("question", sorted(questions()))
def test_a_question_reads_no_more_rows_of_many_contracts(
    editions: tuple[Edition, Edition], question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = NEEDS.get(question, {}) | (PAGE if PAGED in parameters_of(question) else {})
    few, many = (rows_read(edition, question, given, monkeypatch) for edition in editions)
    # One provider has an eighth of the contracts, so reading its rows would already be too many.
    assert many - few < (MANY - FEW) * SPREAD.get(question, 0.05)


def test_contracts_that_are_alike_are_measured_as_one_by_one(editions: tuple[Edition, Edition]) -> None:
    """Shares of contracts and of their value, added up by a plain loop over the items."""
    few, _ = editions
    for weight in ("count", "value"):
        answer = concentration.answer(few, "contracts", weight=weight, most=0)
        items = answer.frames["items"].to_dict("records")
        assert len(items) == FEW == answer.figure("items").value
        held: dict[str, float] = {}
        for row in items:
            held[row["provider"]] = held.get(row["provider"], 0.0) + (1 if weight == "count" else row["value"])
        table = answer.frames["providers"].set_index("provider")
        assert {p: round(m, 2) for p, m in table["items"].items()} == {p: round(m, 2) for p, m in held.items()}
        whole = sum(held.values())
        assert answer.figure("leader_share").value == pytest.approx(max(held.values()) / whole)


def test_a_kept_table_is_made_once_whoever_asks_at_the_same_time(editions: tuple[Edition, Edition]) -> None:
    edition, _ = editions
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(edition.derive, "kept", "SELECT contract_id FROM contracts") for _ in range(8)]:
            done.result()
    assert edition.value("SELECT count(*) FROM kept") == FEW


@pytest.mark.parametrize("kind", ["provider", "organisation"])
def test_a_feed_holds_the_contracts_awarded_last(editions: tuple[Edition, Edition], kind: str) -> None:
    edition, _ = editions
    given = {kind: {"provider": "aws", "organisation": "leeds"}[kind]}
    days = sorted(
        min(d.date(), edition.as_of)
        for d in contracts.answer(edition, **given, most=0).frames["contracts"]["awarded_on"]
    )
    newest = contracts.newest(edition, **given, most=100)["awarded_on"]
    assert [min(d.date(), edition.as_of) for d in newest] == days[:-101:-1]
