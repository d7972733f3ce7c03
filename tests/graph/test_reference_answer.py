"""The dependence graph against another way of solving it, and what must hold of any graph.

The reference answer never evaluates a service. It draws every "this is at least degraded" and "this is down" as a
node of a networkx graph, with how many of the things that lead there must be so first, and lets the loss of the
roots spread along the edges until nothing more follows. Where one is always enough, that is plain reachability.
"""

from __future__ import annotations

import dataclasses
import itertools
import random

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.graph import Graph
from pipelines.nodes import UNKNOWN, Leaf, Node, OnPlatform, Slot
from pipelines.scenario import Scenario

PROVIDERS = ("aws", "azure", "gcp")
CAN_BE = {"web:front": frozenset({"aws", "azure"}), "web:back": frozenset({"aws"})}
CONTROLS = {"aws": frozenset({"r1"})}
PLATFORMS = ("p0", "p1", "p2", "p3")
WORLDS = ("known", "likely", "open")

leaves = st.builds(
    Leaf,
    provider=st.sampled_from((*PROVIDERS, UNKNOWN)),
    product=st.sampled_from((None, "Store", "Queue")),
    region=st.sampled_from((None, "r1", "r2")),
    role=st.just("web"),
    layer=st.sampled_from(("front", "back")),
    certainty=st.sampled_from(("known", "inferred")),
    global_product=st.booleans(),
)
platforms = st.builds(
    OnPlatform,
    platform=st.sampled_from(PLATFORMS),
    certainty=st.sampled_from(("known", "inferred")),
    effect=st.sampled_from(("down", "degraded")),
)
slots = st.builds(
    Slot,
    role=st.just("web"),
    layer=st.sampled_from(("front", "back")),
    alternatives=st.lists(st.one_of(leaves, platforms), min_size=1, max_size=3).map(tuple),
    critical=st.booleans(),
    mode=st.sampled_from(("any_of", "all_of", UNKNOWN)),
)
parts = st.lists(slots, max_size=3)


def nodes(given: list[list[Slot]], kind: str, names: tuple[str, ...]) -> list[Node]:
    return [Node(name, name, kind, slots=list(slots)) for name, slots in zip(names, given, strict=False)]


graphs = st.tuples(
    st.lists(parts, min_size=1, max_size=4).map(lambda given: nodes(given, "service", ("s0", "s1", "s2", "s3"))),
    st.lists(parts, min_size=4, max_size=4).map(lambda given: nodes(given, "platform", PLATFORMS)),
)
scenarios = st.sampled_from([Scenario(p, plane=plane) for p in PROVIDERS for plane in ("data", "control")])


def severities(services: list[Node], beneath: list[Node], scenario: Scenario) -> dict[str, tuple[int, int, int]]:
    """What the product says of every service: severity in each world, 0 where it says nothing."""
    effects = Graph(services, beneath, CAN_BE, CONTROLS).solve(scenario)
    return {
        node.id: tuple(getattr(effects[node.id], world) for world in WORLDS) if node.id in effects else (0, 0, 0)
        for node in services
    }


def spread(services: list[Node], beneath: list[Node], scenario: Scenario, world: str) -> dict[str, int]:
    """The reference answer in one world: severity of every service, for the loss of a whole provider."""
    graph = nx.DiGraph()
    lost = []
    whole = 2 if scenario.plane == "data" else 1

    def follows(result: tuple, causes: list[tuple], need: int) -> None:
        graph.add_node(result, need=need)
        graph.add_edges_from((cause, result) for cause in causes)

    for node in [*services, *beneath]:
        for s, slot in enumerate(node.slots):
            alternatives = [(node.id, s, a) for a in range(len(slot.alternatives))]
            for key, alternative in zip(alternatives, slot.alternatives, strict=True):
                counts = world != "known" or alternative.certainty == "known"
                for severity in (1, 2):
                    if isinstance(alternative, OnPlatform):
                        passes = counts and (severity == 1 or alternative.effect == "down")
                        follows((key, severity), [(alternative.platform, severity)] if passes else [], 1)
                        continue
                    graph.add_node((key, severity), need=1)
                    if alternative.provider == UNKNOWN:
                        kind = f"{alternative.role}:{alternative.layer}"
                        fails = world == "open" and scenario.provider in CAN_BE[kind]
                    else:
                        fails = counts and alternative.provider == scenario.provider
                    if fails and severity <= whole:
                        lost.append((key, severity))
            fears_all = slot.mode == "all_of" or (slot.mode == UNKNOWN and world == "open")
            part = (node.id, s)
            follows((part, 1), [(key, 1) for key in alternatives], 1)
            follows((part, 2), [(key, 2) for key in alternatives], 1 if fears_all else len(alternatives))
        follows((node.id, 1), [((node.id, s), 1) for s in range(len(node.slots))], 1)
        follows((node.id, 2), [((node.id, s), 2) for s, slot in enumerate(node.slots) if slot.critical], 1)

    so = set(lost)
    waiting = list(lost)
    met = dict.fromkeys(graph, 0)
    while waiting:
        for result in graph.successors(waiting.pop()):
            met[result] += 1
            if result not in so and met[result] >= graph.nodes[result]["need"]:
                so.add(result)
                waiting.append(result)
    return {node.id: max((v for v in (1, 2) if (node.id, v) in so), default=0) for node in services}


@given(graphs, scenarios)
@settings(max_examples=250, deadline=None)
def test_equal_to_the_reference_answer(made: tuple[list[Node], list[Node]], scenario: Scenario) -> None:
    services, beneath = made
    found = severities(services, beneath, scenario)
    for position, world in enumerate(WORLDS):
        expected = spread(services, beneath, scenario, world)
        assert {name: effect[position] for name, effect in found.items()} == expected, world


@given(st.integers(0, 2**32), st.integers(2, 40))
@settings(max_examples=60, deadline=None)
def test_without_alternatives_it_is_reachability(seed: int, size: int) -> None:
    """Services and platforms with one alternative in each part: what hangs from the provider falls, nothing else."""
    chance = random.Random(seed)
    drawn = nx.gnp_random_graph(size, 2 / size, seed=seed, directed=True)
    roots = {n: chance.choice(PROVIDERS) for n in drawn}

    def made(n: int) -> Node:
        on = [OnPlatform(f"n{m}", "known") for m in drawn.successors(n)]
        return Node(f"n{n}", f"n{n}", "platform", slots=[
            Slot("web", "back", (alternative,)) for alternative in (Leaf(roots[n], None, None, "web", "back", "known"), *on)
        ])  # fmt: skip

    beneath = [made(n) for n in drawn]
    services = [
        Node(f"s{n}", "", "service", slots=[Slot("web", "back", (OnPlatform(f"n{n}", "known"),))]) for n in drawn
    ]
    failing = {n for n in drawn if roots[n] == "aws"}
    down = failing.union(*(nx.ancestors(drawn, n) for n in failing))
    found = severities(services, beneath, Scenario("aws"))
    assert {int(name[1:]) for name, effect in found.items() if effect[0] == 2} == down


def sizes() -> list[tuple[Scenario, Scenario]]:
    """(smaller, larger) outages: a product, a region or the control plane is part of the whole."""
    pairs = []
    for provider in PROVIDERS:
        for product, region in itertools.product((None, "Store"), (None, "r1", "r2")):
            small = Scenario(provider, product, region)
            pairs += [(small, Scenario(provider, None, region)), (small, Scenario(provider, product, None))]
        pairs.append((Scenario(provider, plane="control"), Scenario(provider)))
    return pairs


@given(graphs, st.sampled_from(sizes()))
@settings(max_examples=250, deadline=None)
def test_a_larger_outage_never_exposes_less(
    made: tuple[list[Node], list[Node]], pair: tuple[Scenario, Scenario]
) -> None:
    small, large = (severities(*made, scenario) for scenario in pair)
    for name, effect in small.items():
        assert all(a <= b for a, b in zip(effect, large[name], strict=True)), name


@given(graphs, st.sampled_from(sizes()))
@settings(deadline=None)
def test_what_is_known_is_likely_and_what_is_likely_is_possible(
    made: tuple[list[Node], list[Node]], pair: tuple[Scenario, Scenario]
) -> None:
    for known, likely, possible in severities(*made, pair[0]).values():
        assert known <= likely <= possible


@given(graphs, scenarios, st.randoms())
@settings(deadline=None)
def test_order_does_not_matter(made: tuple[list[Node], list[Node]], scenario: Scenario, chance) -> None:
    def shuffled(given: list[Node]) -> list[Node]:
        out = []
        for node in chance.sample(given, len(given)):
            mixed = [
                dataclasses.replace(slot, alternatives=tuple(chance.sample(slot.alternatives, len(slot.alternatives))))
                for slot in chance.sample(node.slots, len(node.slots))
            ]
            out.append(dataclasses.replace(node, slots=mixed))
        return out

    services, beneath = made
    assert severities(shuffled(services), shuffled(beneath), scenario) == severities(services, beneath, scenario)


@given(graphs, scenarios, st.one_of(leaves, platforms), st.integers(0, 50))
@settings(max_examples=250, deadline=None)
def test_an_added_alternative_never_raises_services_down(
    made: tuple[list[Node], list[Node]], scenario: Scenario, added: Leaf | OnPlatform, which: int
) -> None:
    """In a part for which any one is enough. Where nobody says so, one more name is one more thing to fear, and
    counts as an alternative on the evidence (known, likely) but not among what might be (open)."""
    services, beneath = made
    places = [(node, s) for node in [*services, *beneath] for s, slot in enumerate(node.slots) if slot.mode != "all_of"]
    if not places:
        return
    before = severities(services, beneath, scenario)
    node, s = places[which % len(places)]
    slot = node.slots[s]
    node.slots[s] = dataclasses.replace(slot, alternatives=(*slot.alternatives, added))
    after = severities(services, beneath, scenario)
    node.slots[s] = slot
    worlds = 3 if slot.mode == "any_of" else 2
    for name in before:
        for world in range(worlds):
            assert not (after[name][world] == 2 and before[name][world] < 2), (name, WORLDS[world])


# Ten sites and five suppliers: "|" parts that any one of can fill, "," parts that are all needed.
SITES = {
    "s1": "D1,C1", "s2": "D1,C1", "s3": "D1|D2,C2", "s4": "D2,C2", "s5": "D2,C1|C2",
    "s6": "own,C1", "s7": "own,own", "s8": "D1|D2,C1|C2", "s9": "D3,C1", "s10": "D3,own",
}  # fmt: skip
STAND_ON = {"C1": "D1", "C2": "D1|D2", "D3": "C2"}
TOY = [
    # supplier, use and impact directly, use and impact with what the suppliers stand on
    ("C1", 6, 4, 6, 4), ("C2", 4, 2, 6, 4), ("D1", 4, 2, 9, 4), ("D2", 4, 2, 6, 2), ("D3", 2, 2, 2, 2),
]  # fmt: skip


@pytest.mark.parametrize(("supplier", "use", "impact", "all_use", "all_impact"), TOY, ids=[row[0] for row in TOY])
def test_use_and_impact_of_the_worked_example(
    supplier: str, use: int, impact: int, all_use: int, all_impact: int
) -> None:
    """W09: use is any loss, impact is no alternative left."""
    suppliers = {name for needs in SITES.values() for part in needs.split(",") for name in part.split("|")}

    def part(names: str) -> Slot:
        return Slot("web", "back", tuple(OnPlatform(name, "known") for name in names.split("|")))

    def own(name: str) -> Slot:
        return Slot("web", "back", (Leaf(name, None, None, "web", "back", "known"),))

    for stand_on, expected in (({}, (use, impact)), (STAND_ON, (all_use, all_impact))):
        sites = [Node(s, s, "service", slots=[part(p) for p in needs.split(",")]) for s, needs in SITES.items()]
        beneath = [
            Node(n, n, "platform", slots=[own(n), *([part(stand_on[n])] if n in stand_on else [])]) for n in suppliers
        ]
        found = severities(sites, beneath, Scenario(supplier))
        assert (sum(e[0] > 0 for e in found.values()), sum(e[0] == 2 for e in found.values())) == expected
