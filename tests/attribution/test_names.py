"""Host names: where a registrable name begins."""

from __future__ import annotations

from pathlib import Path

from publicsuffixlist import PSLFILE, PublicSuffixList

from pipelines.attribution import names


def test_public_suffixes_with_accents_are_those_that_the_library_encodes() -> None:
    """We encode them ourselves, label by label; the library encodes every suffix, which doubles the time of a start."""
    library = PublicSuffixList()
    lines = Path(PSLFILE).read_text(encoding="utf-8").splitlines()
    accented = [line.strip() for line in lines if not line.isascii() and not line.startswith("//")]
    assert len(accented) > 100
    for suffix in accented:
        for name in (f"a.b.{suffix}", f"a.b.{suffix.encode('idna').decode()}"):
            assert names.registrable(name) == library.privatesuffix(name) == name.removeprefix("a.")


def test_names_that_end_otherwise_have_no_owner_in_common() -> None:
    assert names.same_owner("mx.barset.gov.uk", "barset.gov.uk")
    assert not names.same_owner("barset.gov.uk", "polchester.gov.uk")  # gov.uk is a public suffix
    assert not names.same_owner("barset.uk", "barset.com")
    assert names.same_owner("localhost", "localhost") and not names.same_owner("", "barset.uk")


def test_names_of_one_owner_are_told_at_any_depth() -> None:
    assert names.same_owner("a.b.c.barset.gov.uk", "barset.gov.uk") and names.same_owner("barset.com", "www.barset.com")
    assert not names.same_owner("gov.uk", "barset.gov.uk")  # who keeps the suffix owns no name under it
    assert not names.same_owner("barset.co.uk", "polchester.co.uk") and not names.same_owner("co.uk", "uk")
