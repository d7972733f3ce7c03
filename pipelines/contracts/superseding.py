"""Deals that a later one replaced: shown as a range, never removed from a total on their own.

A deal is superseded when a later-awarded one of the same buyer, provider and service class has a value within
a factor of two and overlaps at least half of the shorter term.
"""

from __future__ import annotations

VALUE_FACTOR = 2
PART_OF_TERM = 0.5

# Rows of a table `deals` that are superseded: id, and replaced_by: the earliest deal that replaced it. Its columns: id; kind, a
# number that deals of one buyer, provider and service class share; value in pounds, awarded_on, start_on and end_on, none
# of them missing.
SUPERSEDED = f"""
SELECT deal.id, first(later.id ORDER BY later.awarded_on, later.id) AS replaced_by
FROM deals deal JOIN deals later ON later.kind = deal.kind AND later.awarded_on > deal.awarded_on
 AND greatest(later.value, deal.value) <= {VALUE_FACTOR} * least(later.value, deal.value)
 AND least(later.end_on, deal.end_on) - greatest(later.start_on, deal.start_on) + 1
     >= {PART_OF_TERM} * (least(later.end_on - later.start_on, deal.end_on - deal.start_on) + 1)
WHERE deal.value > 0 AND later.value > 0 AND deal.start_on <= deal.end_on AND later.start_on <= later.end_on
GROUP BY deal.id
"""
