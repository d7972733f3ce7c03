"""The benchmark's graph, small: our rows are the reference's in every root, and so are the hours of every year."""

from __future__ import annotations

import numpy as np

from benchmarks import exposure as benchmark
from benchmarks._networkx import Reference
from pipelines import years
from pipelines.graph import Graph
from pipelines.scenario import leaf_effect


def test_rows_and_years_are_those_of_the_reference() -> None:
    nodes, platforms, can_be = benchmark.made(services=150, resources=30, seed=7)
    graph, reference = Graph(nodes, platforms, can_be, {}), Reference(nodes, platforms)
    roots, down = graph.roots(), []
    for root in roots:
        solved = reference.solve(lambda leaf, root=root: leaf_effect(leaf, root, can_be, frozenset()))
        assert solved == benchmark.severities(graph, root)
        down.append([sum(worlds[world] == 2 for worlds in solved.values()) for world in range(3)])
    assert len(roots) > 20 and max(count[2] for count in down) > 20
    hours = years.hours_lost([years.Hazard(0.5, np.array([1.0, 5.0])) for _ in roots], 200, seed=1)
    found = years.exposed_years(hours, graph.matrix(roots))
    for world, total in enumerate((found.known, found.likely, found.open)):
        assert np.allclose(total, [sum(h * d[world] for h, d in zip(year, down, strict=True)) for year in hours])


def test_its_scenarios_are_of_every_kind() -> None:
    nodes, platforms, can_be = benchmark.made(services=150, resources=30, seed=7)
    asked = list(benchmark.asked(Graph(nodes, platforms, can_be, {})))
    assert len(asked) == benchmark.ASKED
    assert {s.plane for s in asked} == {"data", "control"} and {s.region is None for s in asked} == {True, False}
