"""Where councils are and which provider the records name there, for one role."""

from __future__ import annotations

import pandas as pd

from pipelines.answers import Answer, Figure, listing, new, number, provider_name, sources_of
from pipelines.answers._populations import population
from pipelines.edition import Edition
from pipelines.errors import UnknownName

ID = "places"
QUESTION = "Which provider does each council's mail point to?"
METHODS = (
    "One dot for each council at the centroid of its area, sized by inhabitants. Its colour is the provider that the "
    "records name for the role; a council whose records name several is listed with all and drawn with the first. "
    "Unknown means that records were read and name none; not tested that none was read."
)
# Populations whose items are councils, by the words a form shows.
ROLES = {"council-mail": "Mailboxes", "council-mail-filter": "Mail filter in front"}


def answer(edition: Edition, role: str = "council-mail") -> Answer:
    """Councils with place, inhabitants and provider.

    Figures: councils, placed. Frames: places (one row per council: organisation_id, name, lat, lon, inhabitants,
    provider, provider_name, providers, certainty, seen_on).
    """
    if role not in ROLES:
        raise UnknownName("role of the map", role, ROLES)
    chosen = population(role)
    rows = edition.query(chosen.sql)
    councils = edition.query("SELECT organisation_id, lat, lon, inhabitants FROM organisations WHERE sector = 'local'")
    first = rows.drop_duplicates("item")[
        ["item", "name", "organisation_id", "provider", "certainty", "seen_on", "source_id"]
    ]
    several = rows.groupby("item")["provider"].agg(lambda ps: ", ".join(provider_name(p) for p in ps))
    places = first.merge(councils, on="organisation_id", how="left")
    places["provider_name"] = [
        {"not_tested": "Not tested", "unknown": "Unknown"}.get(certainty, provider_name(provider))
        for certainty, provider in zip(places["certainty"], places["provider"], strict=True)
    ]
    places["providers"] = [several[item] for item in places["item"]]
    places = places.drop(columns="item").sort_values("name", ignore_index=True)
    placed = int(places["lat"].notna().sum())
    tested = places[~places["certainty"].isin(["unknown", "not_tested"])]
    shows_none = int((tested["provider"] == "none").sum())
    named = tested[tested["provider"] != "none"]
    counts = named["provider_name"].value_counts()
    return new(
        edition,
        ID,
        QUESTION,
        f"{chosen.title}: records of {number(len(named))} of {number(len(places))} councils name "
        f"{listing([f'{name} ({number(n)})' for name, n in counts.items()], 3)}"
        + (f"; those of {number(shows_none)} show none." if shows_none else ".")
        if len(named)
        else f"{chosen.title}: we hold no record that names a provider.",
        chosen.words,
        METHODS,
        figures=[
            Figure("councils", "Councils", len(places), unit="councils"),
            Figure("placed", "With a place on the map", placed, unit="councils", of=f"{number(len(places))} councils"),
        ],
        frames={"places": places},
        caveats=list(chosen.caveats),
        parameters={"role": role},
        sources=sources_of(edition, places["source_id"].dropna()),
        body={"places": _plain(places)},
    )


def _plain(places: pd.DataFrame) -> pd.DataFrame:
    return places.drop(columns="source_id")
