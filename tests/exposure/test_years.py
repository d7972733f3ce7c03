"""Simulated years by hand: hours by root times services by root."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines import reach, years


def test_exposed_hours_by_hand() -> None:
    """Root 0 takes services 0 and 1 down (1 on inferred evidence), root 1 might take service 2.

    Year one: root 0 fails 3 h, root 1 2 h. Known 3, likely 6, open 6 + 2. Year two: root 1 fails 4 h: open 4.
    """
    down, inferred, maybe = reach.encode(2, 2, 2), reach.encode(0, 2, 2), reach.encode(0, 0, 2)
    part = reach.encode(1, 1, 1)  # exposed in part: not counted
    matrix = np.array([[down, inferred, 0], [part, 0, maybe]], dtype=np.uint8)
    found = years.exposed_years(np.array([[3.0, 2.0], [0.0, 4.0]]), matrix)
    assert found.known.tolist() == [3, 0] and found.likely.tolist() == [6, 0] and found.open.tolist() == [8, 4]
    assert found.known_of_service.tolist() == [1.5, 0, 0]
    assert found.likely_of_service.tolist() == [1.5, 1.5, 0]
    assert found.open_of_service.tolist() == [1.5, 1.5, 3]


def test_matrices_of_different_roots_are_refused() -> None:
    with pytest.raises(ValueError, match="2 roots have hours and 1 have services"):
        years.exposed_years(np.zeros((5, 2)), np.zeros((1, 4), dtype=np.uint8))


def test_years_have_the_mean_asked_for_and_repeat() -> None:
    """Two events a year of 5 h and none: 10 h a year and 0 on average."""
    hazards = [years.Hazard(2.0, np.array([5.0])), years.Hazard(0.0, np.array([5.0]))]
    drawn = years.hours_lost(hazards, 20_000, seed=4)
    assert drawn.shape == (20_000, 2)
    assert drawn[:, 0].mean() == pytest.approx(10, rel=0.02) and not drawn[:, 1].any()
    assert (drawn == years.hours_lost(hazards, 20_000, seed=4)).all()
    assert (drawn[:, 0] == years.hours_lost(hazards[:1], 20_000, seed=4)[:, 0]).all()
