"""The graph over all services at once: cases by hand, and the reference of the benchmark on any graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks._networkx import Reference
from pipelines import outage, reach
from pipelines.graph import Graph
from pipelines.nodes import UNKNOWN, Leaf, Node, OnPlatform, Slot
from pipelines.scenario import Scenario, leaf_effect

CAN_BE = {"web:back": frozenset({"a", "b", "c"})}
CONTROLS = {"a": frozenset({"r1"})}


def leaf(provider: str, region: str | None = None, certainty: str = "known", **more: Any) -> Leaf:
    return Leaf(provider, more.pop("product", None), region, "web", "back", certainty, (f"e-{provider}",), **more)


def graph(services: list[Node], platforms: list[Node] | None = None) -> Graph:
    return Graph(services, platforms or [], CAN_BE, CONTROLS)


def service(*slots: Slot, name: str = "s") -> Node:
    return Node(name, name, "service", None, list(slots))


def slot(*alternatives: Leaf | OnPlatform, mode: str = "any_of", critical: bool = True) -> Slot:
    return Slot("web", "back", alternatives, critical, mode)


A, B, NOBODY = leaf("a"), leaf("b"), leaf(UNKNOWN, certainty="unknown")
FAILS = Scenario("a")
CASES: list[tuple[str, list[Slot], Scenario, tuple[int, int, int]]] = [
    # what the service stands on, what fails: severity known, likely, open (0 nothing, 1 degraded, 2 down)
    ("one provider", [slot(A)], FAILS, (2, 2, 2)),
    ("another provider", [slot(B)], FAILS, (0, 0, 0)),
    ("an alternative is left", [slot(A, B)], FAILS, (1, 1, 1)),
    ("no alternative is left", [slot(A, A)], FAILS, (2, 2, 2)),
    ("both are needed", [slot(A, B, mode="all_of")], FAILS, (2, 2, 2)),
    ("nobody says that one is enough", [slot(A, B, mode="unknown")], FAILS, (1, 1, 2)),
    ("inferred only", [slot(leaf("a", certainty="inferred"))], FAILS, (0, 2, 2)),
    ("nobody knows what it stands on", [slot(NOBODY)], FAILS, (0, 0, 2)),
    ("the alternative is not known", [slot(A, NOBODY)], FAILS, (1, 1, 2)),
    ("a part that is not critical", [slot(A, critical=False)], FAILS, (1, 1, 1)),
    ("the worst part decides", [slot(B), slot(A, critical=False), slot(A)], FAILS, (2, 2, 2)),
    ("another region", [slot(leaf("a", "r2"))], Scenario("a", region="r3"), (0, 0, 0)),
    ("region not shown", [slot(A)], Scenario("a", region="r3"), (0, 0, 2)),
    ("control planes stand in r1", [slot(leaf("a", "r2"))], Scenario("a", region="r1"), (1, 1, 1)),
    ("two regions of one provider", [slot(leaf("a", "r2"), leaf("a", "r3"))], Scenario("a", region="r3"), (1, 1, 1)),
    ("two regions, all of it fails", [slot(leaf("a", "r2"), leaf("a", "r3"))], FAILS, (2, 2, 2)),
    ("control plane", [slot(A)], Scenario("a", plane="control"), (1, 1, 1)),
    ("another product", [slot(leaf("a", product="Mail"))], Scenario("a", product="Web"), (0, 0, 0)),
    ("product not shown", [slot(A)], Scenario("a", product="Web"), (0, 0, 2)),
    ("nor of a front without region", [slot(leaf("a", global_product=True))], Scenario("a", "Web", "r3"), (0, 0, 0)),
    ("nor is more than changes lost", [slot(A)], Scenario("a", "Web", plane="control"), (0, 0, 1)),
    ("a partition apart", [slot(A)], Scenario("a", region="cn", apart=True), (0, 0, 0)),
    ("nothing is known of it at all", [], FAILS, (0, 0, 0)),
]


@pytest.mark.parametrize(("words", "slots", "scenario", "expected"), CASES, ids=[case[0] for case in CASES])
def test_one_service_by_hand(words: str, slots: list[Slot], scenario: Scenario, expected: tuple[int, int, int]) -> None:
    made = graph([service(*slots)])
    assert reach.decode(int(made.codes(scenario)[0])) == expected
    effect = made.solve(scenario).get("s")
    assert (effect is None) == (expected == (0, 0, 0))
    if effect is not None:
        assert (effect.known, effect.likely, effect.open) == expected


def test_indirect_links_count() -> None:
    """A service on a platform on a platform on provider a goes down with a; the path names every step."""
    platforms = [
        Node("upper", "Upper", "platform", None, [slot(OnPlatform("lower", "known", ("e-1",)))]),
        Node("lower", "Lower", "platform", None, [slot(A)]),
    ]
    made = graph([service(slot(OnPlatform("upper", "known", ("e-2",))))], platforms)
    effect = made.solve(FAILS)["s"]
    assert effect.known == reach.DOWN
    assert effect.path == ("web (back)", "Upper", "web (back)", "Lower", "web (back)", "a")
    assert effect.evidence == ("e-2", "e-1", "e-a")


def test_what_is_only_inferred_beneath_is_inferred_above() -> None:
    platforms = [Node("p", "P", "platform", None, [slot(A)])]
    made = graph([service(slot(OnPlatform("p", "inferred"))), service(slot(OnPlatform("p", "known", effect="degraded")), name="t")], platforms)  # fmt: skip
    solved = made.solve(FAILS)
    assert outage.classify(solved["s"]) == ("down", "inferred")
    assert outage.classify(solved["t"]) == ("degraded", "known")


def test_what_is_left_in_the_parts_that_are_hit() -> None:
    """Another provider or platform is left; a part that is needed too, a part not hit and an unknown one are not."""
    platforms = [Node("p", "Upper", "platform", None, [slot(A)]), Node("q", "Other", "platform", None, [slot(B)])]
    on_p, on_q = OnPlatform("p", "known"), OnPlatform("q", "known")
    cases = {
        "another provider": ([slot(A, B)], ("web: b",)),
        "behind a platform that is hit": ([slot(on_p, B)], ("web: b",)),
        "another platform": ([slot(A, on_q)], ("web: Other",)),
        "both are needed": ([slot(A, B, mode="all_of")], ()),
        "a part that is not hit": ([slot(A), slot(B)], ()),
        "nobody knows": ([slot(A, NOBODY)], ()),
    }
    for words, (slots, left) in cases.items():
        assert graph([service(*slots)], platforms).solve(FAILS)["s"].left == left, words


def test_a_loop_does_not_fail_for_its_own_sake_and_fails_as_one() -> None:
    ring = [Node(f"p{i}", f"p{i}", "platform", None, [slot(OnPlatform(f"p{(i + 1) % 3}", "known"))]) for i in range(3)]
    assert graph([service(slot(OnPlatform("p0", "known")))], ring).solve(FAILS) == {}
    ring[1].slots.append(slot(A))
    solved = graph([service(slot(OnPlatform("p0", "known")))], ring).solve(FAILS)
    assert solved["s"].known == reach.DOWN and solved["s"].path[-1] == "a"


def test_hours_and_cause_are_no_part_of_what_is_solved() -> None:
    made = graph([service(slot(A))])
    assert made.codes(Scenario("a", hours=1, cause="dns")) is made.codes(Scenario("a", hours=90, cause="unknown"))
    assert made.codes(Scenario("a")) is not made.codes(Scenario("b"))


def test_the_matrix_has_a_row_for_each_root() -> None:
    made = graph([service(slot(leaf("a", "r1")), name="s"), service(slot(B), name="t"), service(name="u")])
    roots = made.roots()
    assert [(root.provider, root.region) for root in roots] == [("a", None), ("a", "r1"), ("b", None)]
    down = [[reach.decode(int(code))[0] for code in row] for row in made.matrix(roots)]
    assert down == [[2, 0, 0], [2, 0, 0], [0, 2, 0]]


def test_counts_by_hand() -> None:
    """Five services: one down on known evidence, one on inferred, two where nobody knows, one untouched."""
    nodes = [
        service(slot(A), name="1"), service(slot(leaf("a", certainty="inferred")), name="2"),
        service(slot(NOBODY), name="3"), service(slot(NOBODY), name="4"), service(slot(B), name="5"),
    ]  # fmt: skip
    counts = outage.tally(graph(nodes).codes(FAILS))
    assert counts["down"] == {"known": 1, "inferred": 1, "low": 1, "high": 4}
    assert counts["unknown"] == {"known": 2, "inferred": 0, "low": 0, "high": 2}
    assert (counts["degraded"]["known"], counts["degraded"]["inferred"]) == (0, 0)


@pytest.mark.parametrize("code", range(64))
def test_codes_are_or_and_and(code: int) -> None:
    """Codes of real severities come back as they went in; OR takes the worse and AND the milder in every world."""
    severities = reach.decode(code)
    if reach.encode(*severities) != code:
        return  # a "down" bit without its "degraded" bit is no severity
    for known, likely, opened in np.ndindex(3, 3, 3):
        other = reach.encode(known, likely, opened)
        pairs = list(zip(severities, (known, likely, opened), strict=True))
        assert reach.decode(code | other) == tuple(max(pair) for pair in pairs)
        assert reach.decode(code & other) == tuple(min(pair) for pair in pairs)


# -- any graph ------------------------------------------------------------------------------------------------

PLATFORMS = ("p0", "p1", "p2", "p3")
leaves = st.builds(
    lambda provider, region, certainty: leaf(provider, region, "unknown" if provider == UNKNOWN else certainty),
    st.sampled_from(["a", "b", "c", UNKNOWN]),
    st.sampled_from([None, "r1", "r2"]),
    st.sampled_from(["known", "inferred"]),
)
on_platforms = st.builds(
    lambda name, certainty, effect: OnPlatform(name, certainty, (), effect),
    st.sampled_from(PLATFORMS),
    st.sampled_from(["known", "inferred"]),
    st.sampled_from(["down", "degraded"]),
)
slots = st.builds(
    lambda alternatives, mode, critical: slot(*alternatives, mode=mode, critical=critical),
    st.lists(st.one_of(leaves, on_platforms), max_size=3),
    st.sampled_from(["any_of", "all_of", "unknown"]),
    st.booleans(),
)
parts = st.lists(slots, max_size=3)
scenarios = st.builds(
    lambda provider, region, plane: Scenario(provider, region=region, plane=plane),
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from([None, "r1", "r2"]),
    st.sampled_from(["data", "control"]),
)
worlds = st.tuples(st.lists(parts, min_size=1, max_size=4), st.lists(parts, min_size=4, max_size=4))


def nodes_of(drawn: tuple[list[list[Slot]], list[list[Slot]]]) -> tuple[list[Node], list[Node]]:
    services, platforms = drawn
    return (
        [service(*part, name=f"s{i}") for i, part in enumerate(services)],
        [Node(name, name, "platform", None, part) for name, part in zip(PLATFORMS, platforms, strict=True)],
    )


@settings(max_examples=250, deadline=None)
@given(worlds, scenarios)
def test_networkx_says_the_same(drawn: Any, scenario: Scenario) -> None:
    """Loops, platforms on platforms, unknown parts: the reference gives the same severity for every service."""
    services, platforms = nodes_of(drawn)
    made = graph(services, platforms)
    controls = CONTROLS.get(scenario.provider, frozenset())
    expected = Reference(services, platforms).solve(lambda one: leaf_effect(one, scenario, CAN_BE, controls))
    solved = made.solve(scenario)
    assert {name: (e.known, e.likely, e.open) for name, e in solved.items()} == expected
    assert all(effect.path for effect in solved.values())


def severity(made: Graph, scenario: Scenario) -> np.ndarray:
    return np.array([reach.decode(int(code)) for code in made.codes(scenario)])


@settings(max_examples=60, deadline=None)
@given(worlds, scenarios)
def test_each_world_contains_the_one_before_and_low_is_not_above_high(drawn: Any, scenario: Scenario) -> None:
    made = graph(*nodes_of(drawn))
    found = severity(made, scenario)
    assert (found[:, 0] <= found[:, 1]).all() and (found[:, 1] <= found[:, 2]).all()
    for counts in outage.tally(made.codes(scenario)).values():
        assert counts["low"] <= counts["known"] + counts["inferred"] <= counts["high"]


def test_a_provider_of_every_unknown_completion_lies_within_low_and_high() -> None:
    """Three services of unknown provider: whichever of a and b each stands on, the count of those down lies between."""
    nodes = [service(slot(A), name="0"), *(service(slot(NOBODY), name=f"{i}") for i in (1, 2, 3))]
    bounds = outage.tally(graph(nodes).codes(FAILS))["down"]
    counts = set()
    for truth in np.ndindex(2, 2, 2):
        complete = [nodes[0], *(service(slot((A, B)[one]), name=f"{i}") for i, one in enumerate(truth, 1))]
        counts.add(outage.tally(graph(complete).codes(FAILS))["down"]["known"])
    assert (min(counts), max(counts)) == (bounds["low"], bounds["high"]) == (1, 4)
