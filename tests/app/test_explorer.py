"""The explorer's pages on the default edition: no exception, a source line, a download, foreign text inert."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import components, views
from app.state import KEYS
from pipelines.answers import questions

MAIN = str(Path(__file__).parents[2] / "app" / "main.py")
PAGES = [view.PAGE.id for view in views.views()]


def opened(page: str, **keys: str) -> AppTest:
    """One page of the explorer with the keys in its address."""
    source = (
        "import app.views as v\n"
        "from app.components import frame_page\n"
        f"frame_page([w for w in v.views() if w.PAGE.id == {page!r}][0])\n"
    )
    test = AppTest.from_string(source, default_timeout=60)
    for key, value in keys.items():
        test.query_params[key] = value
    return test.run()


@pytest.fixture(autouse=True)
def fresh(store_path: Path) -> None:
    """Each test has a store of its own, with nothing collected."""


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with nothing collected, for tests by the hundred that only read: its edition is built once."""
    return tmp_path_factory.mktemp("read-only") / "store"


def text_of(test: AppTest) -> str:
    return "\n".join(
        str(element.value)
        for kind in ("title", "markdown", "caption", "info", "error")
        for element in getattr(test, kind)
    )


def test_the_entry_script_runs() -> None:
    test = AppTest.from_file(MAIN, default_timeout=60).run()
    assert not test.exception
    assert "Which clouds" in test.title[0].value


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_source_edition_age_and_a_download(page: str) -> None:
    test = opened(page)
    assert not test.exception
    assert not test.error
    shown = text_of(test)
    assert "Open Government Licence" in shown
    assert "days old" in shown
    assert "Population" in shown
    assert test.get("download_button")


def test_the_first_page_says_who_runs_the_mail_of_councils_and_how_sure() -> None:
    shown = text_of(opened("overview"))
    assert "take their mail with Microsoft 365" in shown
    assert "of 382 not tested" in shown.replace("\\", "")
    # 315 councils with one company, 5 and 1 with two others, 61 not known or not tested. All of them with the first give
    # 382² / (376² + 5² + 1²); each of them alone with another gives 382² / (315² + 5² + 1² + 61).
    assert "between 1.03 and 1.47" in shown


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "value",
    [
        "<script>alert(1)</script>",
        *(
            pytest.param(v, marks=pytest.mark.full)
            for v in ("no-such-thing", "x" * 60_000, "a\x00b", "![](http://127.0.0.1:1/p.png)")
        ),
    ],
)
def test_hostile_or_unknown_keys_give_the_default_view(page: str, value: str) -> None:
    test = opened(page, **{key: value for key in KEYS if key != "edition"})
    assert not test.exception
    assert not test.error


def test_an_unknown_edition_is_one_sentence() -> None:
    test = opened("overview", edition="2020-01-01-00000000")
    assert not test.exception
    assert len(test.error) == 1
    assert "unknown edition" in test.error[0].value or "no edition" in test.error[0].value


def test_choices_in_the_address_are_kept() -> None:
    test = opened("organisation", organisation="home-office")
    assert test.selectbox[0].value == "home-office"
    assert "Home Office" in text_of(test)
    test = opened("outage", provider="fastly")
    assert "Fastly" in text_of(test)


def test_a_number_in_the_address_is_kept_and_a_wrong_one_is_said() -> None:
    test = opened("outage", provider="azure", hours="20")
    assert test.number_input[0].value == 20 and "fails everywhere for 20 hours" in text_of(test)
    test.number_input[0].set_value(12.5).run()
    assert test.query_params["hours"] == "12.5"
    for wrong in ("many", "-1", "nan", "99999"):
        test = opened("outage", provider="azure", hours=wrong)
        assert "for 8 hours" in text_of(test) and "number of hours" in text_of(test).replace("\\", "")
        assert "hours" not in test.query_params


def test_every_part_of_a_scenario_is_read_from_the_address() -> None:
    test = opened("outage", provider="azure", product="Front Door", plane="control", region="uksouth", cause="dns")
    assert [box.value for box in test.selectbox] == [None, "azure", "Front Door", "uksouth", "control", "dns"]
    test = opened("outage", preset="fastly-2021-06-08", provider="azure")
    assert "Fastly" in text_of(test) and len(test.selectbox) == 1


def test_no_table_holds_a_column_of_two_types(caplog: pytest.LogCaptureFixture) -> None:
    """Such a column cannot be sent as it is: Streamlit writes a trace to the log and guesses."""
    for page in PAGES:
        opened(page)
    assert [record.message for record in caplog.records if "Serialization" in record.getMessage()] == []


@pytest.mark.parametrize(
    "hostile",
    [
        "![p](http://127.0.0.1:1/p.png)",
        "[click](javascript:x)",
        "<b>x</b>",
        "$\\href{http://x}{y}$",
        ":red[x]",
        "**x**",
    ],
)
def test_foreign_text_stays_text(hostile: str) -> None:
    escaped = components.plain(hostile)
    for mark in "![]()<>*$:":
        assert all(escaped[i - 1] == "\\" for i, c in enumerate(escaped) if c == mark and i)
    assert escaped[0] == "\\"


@pytest.mark.parametrize(
    ("page", "keys", "address"),
    [
        ("overview", {}, "/"),
        ("organisation", {"organisation": "home-office"}, "/organisation/home-office"),
        ("organisation", {}, None),
        ("provider", {"provider": "aws", "edition": "e1"}, "/provider/aws?edition=e1"),
        ("outage", {"provider": "aws", "region": "eu-west-2"}, "/outage?provider=aws&region=eu-west-2"),
        ("claim", {"claim": "tussell-aws-2025"}, "/claim/tussell-aws-2025"),
        ("claim", {"provider": "aws"}, "/claim?provider=aws"),
        ("no-such", {}, None),
        ("organisation", {"organisation": "a/../b)<x>"}, "/organisation/a%2F..%2Fb%29%3Cx%3E"),
    ],
)
def test_a_page_of_the_explorer_knows_its_plain_twin(page: str, keys: dict[str, str], address: str | None) -> None:
    assert components.twin_address(page, keys) == address


def test_the_ai_page_shows_vendors_peers_and_both_sides() -> None:
    test = opened("ai")
    shown = text_of(test)
    for words in ("clouds beneath them", "Culture and broadcasting bodies", "automation or an AI agent"):
        assert words in shown
    heads = [list(table.value.columns) for table in test.dataframe]
    assert any("Runs on" in head for head in heads)
    [peers] = [table.value for table in test.dataframe if "AI vendors shown" in table.value.columns]
    assert len(peers) == 27 and set(peers["AI vendors shown"]) == {"unknown"}
    assert any({"The vendor's position", "Claimed or disputed"} <= set(head) for head in heads)


def test_the_hindcast_page_shows_both_recalls_and_the_controls() -> None:
    test = opened("hindcast", incident="aws-2025-10-20-dynamodb-dns")
    shown = text_of(test).replace("\\", "")
    assert "DNS alone" in shown and "all evidence from before the event names 4" in shown
    assert "bodies named: 0, expected: 0" in shown
    labels = [metric.label for metric in test.metric]
    assert "Found by DNS alone, evidence before the event" in labels
    assert "Found by all evidence before the event" in labels
    assert not opened("hindcast").exception


# One value of each key that the default edition knows.
KNOWN = {
    "organisation": "home-office", "provider": "aws", "product": "CloudFront", "region": "eu-west-2", "role": "council-mail-filter",
    "layer": "front", "sector": "local", "evidence": "known", "from": "2020-01-01", "to": "2026-01-01", "metric": "hhi", "q": "leeds",
    "tab": "contracts", "part": "2", "service": "govuk", "claim": "tussell-aws-2025", "incident": "aws-2025-12-kiro-costexplorer",
    "preset": "fastly-2021-06-08", "plane": "control", "hours": "20", "by": "parent", "population": "contracts",
    "cause": "config_change",
}  # fmt: skip


def lasting(test: AppTest) -> str:
    """What a page says, without the note that it dropped a value: it is said once, and the value is gone."""
    return "\n".join(line for line in text_of(test).splitlines() if "is not in this edition" not in line)


@pytest.mark.full
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("key", sorted(set(KEYS) - {"edition"}))
def test_every_key_on_every_page_survives_a_rerun_and_a_fresh_visit(
    page: str, key: str, read_only: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDHOLD_STORE", str(read_only))
    value = KNOWN.get(key, "none-of-ours")
    test = opened(page, **{key: value})
    assert not test.exception and not test.error
    before, kept = lasting(test), dict(test.query_params)
    test.run()
    assert not test.exception and not test.error
    assert lasting(test) == before and dict(test.query_params) == kept
    fresh = opened(page, **{name: value if isinstance(value, str) else value[-1] for name, value in kept.items()})
    assert lasting(fresh) == before
    wrong = opened(page, **{key: "none-of-ours"})
    assert not wrong.exception and not wrong.error


def test_the_claim_page_writes_figures_in_their_unit() -> None:
    test = opened("claim", claim="tussell-aws-2025")
    beside = test.dataframe[0].value
    assert list(beside["Published"]) == ["189", "£1.7bn", "41", "£1.1bn", "35", "£1.4bn"]
    assert "21 October 2025" in text_of(test)
    assert beside["In our sources"].iloc[-1] == "nothing held"


def test_a_table_holds_whole_pounds_and_no_more_digits_than_a_reader_needs() -> None:
    [definitions] = [t.value for t in opened("claim").dataframe if "Definition" in t.value.columns]
    for head in ("Known value (£)", "Low (£)", "High (£)"):
        assert (definitions[head] == definitions[head].round()).all() and definitions[head].max() > 1e8
    [incidents] = [t.value for t in opened("incidents").dataframe if "Hours" in t.value.columns]
    hours = incidents["Hours"].dropna()
    assert len(hours) > 20 and (hours == hours.round(2)).all()


def test_how_far_rows_were_checked_is_said_in_words() -> None:
    [checks] = [t.value for t in opened("quality").dataframe if "Check" in t.value.columns]
    assert "a vendor, body or named press source" in set(checks["Check"])
    assert not {"A", "B", "C"} & set(checks["Check"])


def test_the_claim_box_names_the_claim_that_is_shown() -> None:
    [claim, provider] = opened("claim").selectbox
    assert claim.placeholder == "AWS: 189 contracts worth £1.7bn since 2016" and provider.placeholder == "none chosen"
    assert opened("claim", provider="fastly").selectbox[0].placeholder == "none chosen"


@pytest.mark.parametrize(
    ("page", "address"),
    [("service", "/service/govuk"), ("evidence", "/evidence/justice.gov.uk"), ("organisation", "/organisation/ministry-of-justice")],
)  # fmt: skip
def test_a_page_whose_address_names_nothing_leads_to_the_plain_page_of_what_it_shows(
    page: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streamlit.get_option", lambda name: "explore")
    assert f"cite]({address})" in text_of(opened(page))


def test_shared_accounts_name_the_provider_and_no_token() -> None:
    [accounts] = [table.value for table in opened("compare").dataframe if "Evidence" in table.value.columns]
    assert "Sign" not in accounts.columns and "Atlassian" in set(accounts["Provider"])


def test_a_path_is_told_in_words() -> None:
    [scenarios] = [table.value for table in opened("service").dataframe if "Path" in table.value.columns]
    assert "what answers > Amazon Web Services (AWS) (CloudFront (standby CDN))" in set(scenarios["Path"])


def test_rows_with_long_cells_are_three_lines_high() -> None:
    heights = {next(iter(t.value.columns)): t.proto.row_height for t in opened("service").dataframe}
    assert heights["Scenario"] == components.THREE_LINES and heights["Stands on"] == 0


def test_tables_hold_words_and_no_codes() -> None:
    for page, keys in (
        ("organisation", {"organisation": "home-office"}),
        ("outage", {"provider": "azure", "region": "uksouth", "hours": "8"}),
        ("service", {"service": "govuk"}),
        ("provider", {"provider": "aws"}),
    ):
        cells = {cell for table in opened(page, **keys).dataframe for cell in table.value.to_numpy().ravel().tolist()}
        assert len(cells) > 20
        assert not cells & {"aws", "azure", "direct", "named", "down", "degraded", "front", "back", "body", None}, page


def test_no_text_is_cut_in_the_middle_of_a_word() -> None:
    assert "configured access controls, not AI error" in text_of(opened("leads")).replace("\\", "")
    assert len(questions()["claim"].METHODS) > 400  # longer than what the page once kept
    assert questions()["claim"].METHODS[-40:] in text_of(opened("claim")).replace("\\", "")
