"""How does a body compare with others of its class: which provider do their records name, role by role?"""

from __future__ import annotations

from typing import Any

from pipelines.answers import Answer, Figure, listing, new, number, provider_name, sources_of
from pipelines.answers.layers import ROLES
from pipelines.edition import Edition
from pipelines.errors import UnknownName

ID = "peers"
QUESTION = "How does this body compare with others of its class?"
METHODS = (
    "Peers are bodies of the same class, such as district councils. For each role and layer, a peer with any record "
    "counts once per provider that its records name, known or inferred; peers without a record are not tested, those "
    "whose records name nobody unknown, and both are counted apart. A peer with several providers counts for each."
)
_SQL = """
WITH class AS (SELECT organisation_id FROM organisations WHERE peer_class = $class),
held AS (
  SELECT f.organisation_id, f.role, f.layer, f.provider FROM findings f JOIN class USING (organisation_id) WHERE NOT private
)
SELECT role, layer, provider, count(DISTINCT organisation_id) AS bodies,
       bool_or(organisation_id = $id) AS own,
       (SELECT count(DISTINCT h.organisation_id) FROM held h WHERE h.role = held.role AND h.layer = held.layer) AS tested
FROM held GROUP BY role, layer, provider ORDER BY role, layer, bodies DESC, provider
"""


def answer(edition: Edition, organisation: str) -> Answer:
    """A body beside its class.

    Figures: peers (bodies of the class, itself included), roles (in which its records name a provider). Frames: roles
    (one row per role, layer and provider that its own records name: bodies of the class that share it, tested, share,
    usual provider), spread (every provider of the class). UnknownName for a body that the edition does not hold.
    """
    found = edition.rows("SELECT name, peer_class FROM organisations WHERE organisation_id = $id", {"id": organisation})
    if not found:
        raise UnknownName(
            "organisation", organisation, edition.query("SELECT organisation_id FROM organisations")["organisation_id"]
        )
    name, peer_class = found[0]["name"], found[0]["peer_class"]
    size = int(
        edition.value("SELECT count(*) FROM organisations WHERE peer_class = $class", {"class": peer_class}) or 0
    )
    rows = edition.query(_SQL, {"class": peer_class, "id": organisation})
    rows["label"] = [ROLES.get(key, " ".join(key)) for key in zip(rows["role"], rows["layer"], strict=True)]
    rows["name"] = [provider_name(provider) for provider in rows["provider"]]
    rows["share"] = rows["bodies"] / rows["tested"]
    named = rows[~rows["provider"].isin(["none", "unknown"])]
    usual = named.drop_duplicates(["role", "layer"])
    first = {(r["role"], r["layer"]): (r["name"], r["bodies"]) for r in usual.to_dict("records")}
    own = named[named["own"]].copy()
    own["usual"] = [first[key][0] for key in zip(own["role"], own["layer"], strict=True)]
    own["usual_bodies"] = [first[key][1] for key in zip(own["role"], own["layer"], strict=True)]
    ids = edition.query(
        "SELECT DISTINCT f.source_id FROM findings f JOIN organisations o USING (organisation_id) WHERE o.peer_class = $class",
        {"class": peer_class},
    )["source_id"]
    columns = ["role", "layer", "label", "provider", "name", "bodies", "tested", "share", "usual", "usual_bodies"]
    return new(
        edition,
        ID,
        QUESTION,
        _title(str(name), str(peer_class), size, own),
        f"{number(size)} bodies of the class {peer_class}; of each role only those with a record",
        METHODS,
        figures=[
            Figure("peers", f"Bodies of the class {peer_class}", size, unit="bodies"),
            Figure("roles", "Layers in which its records name a provider", int(own["label"].nunique()), unit="layers"),
        ],
        frames={"roles": own[columns].reset_index(drop=True), "spread": rows.drop(columns="own")},
        parameters={"organisation": organisation},
        sources=sources_of(edition, ids),
        body={"peer_class": peer_class, "roles": own[columns]},
    )


def _title(name: str, peer_class: str, size: int, own: Any) -> str:
    if own.empty:
        return f"No record that we hold of {name} names a provider, so it cannot be compared with the {number(size)} bodies of its class."
    if (own["tested"] <= 1).all():
        return f"No other body of its class ({peer_class}) has a record that we hold, so {name} cannot be compared."
    alone = [
        f"{row['name']} ({row['label'].lower()})"
        for row in own.to_dict("records")
        if row["bodies"] == 1 < row["tested"]
    ]
    widest = own[own["tested"] > 1].sort_values(["share", "label"], ascending=[False, True]).iloc[0]
    sentence = (
        f"{name} shares {widest['name']} for {widest['label'].lower()} with {number(widest['bodies'] - 1)} of the "
        f"{number(widest['tested'] - 1)} other bodies of its class that were tested ({peer_class})"
        if widest["bodies"] > 1
        else f"No other tested body of its class ({peer_class}) shares a provider with {name}"
    )
    return f"{sentence}; it alone shows {listing(alone, 2)}." if alone and len(alone) < len(own) else f"{sentence}."
