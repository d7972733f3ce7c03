"""A stand-in of GOV.UK: collections and publications in the layouts that its pages have had, and the files they offer."""

from __future__ import annotations

import html
from collections.abc import Sequence

from tests.scrapers.standin import Reply

ASSETS = "https://assets.publishing.service.gov.uk"


def _frame(title: str, owner: str | None, inner: str) -> bytes:
    """A whole page: navigation, metadata, content, and links to elsewhere that are none of ours."""
    slug = (owner or "").lower().replace(" ", "-").replace("&", "and")
    said = f'<dl class="gem-c-metadata__list"><dt>From:</dt><dd><a href="/government/organisations/{slug}">{html.escape(owner)}</a></dd></dl>' if owner else ""  # fmt: skip
    return f"""<!DOCTYPE html>
<html lang="en"><head><title>{html.escape(title)} - GOV.UK</title></head><body>
<header><a href="/">GOV.UK</a><nav><a href="/government/publications/spend-guidance">Spending</a></nav></header>
<div id="content"><main><h1>{html.escape(title)}</h1><div class="gem-c-metadata">{said}</div>
{inner}
<aside><a href="/government/publications/other-spending-2026">Spending of others</a></aside></main>
<div class="gem-c-contextual-sidebar"><a href="{ASSETS}/media/z/other-spend.csv">Other spend</a></div></div>
<footer><a href="/help/terms-conditions">Terms</a></footer></body></html>""".encode()


def old_layout(title: str, owner: str | None, files: Sequence[tuple[str, str]]) -> bytes:
    """Until about 2018: section.attachment, relative addresses, a preview beside the file."""
    cards = "".join(
        f'<section class="attachment embedded"><div class="attachment-thumb"><a href="{url}"><img alt=""></a></div>'
        f'<div class="attachment-details"><h2 class="title"><a href="{url}/preview">{html.escape(name)}</a></h2>'
        f'<p class="metadata"><span class="type">CSV</span> <a href="{url}/preview">View online</a> '
        f'<span class="download"><a href="{url}"><strong>Download CSV</strong> 35.5KB</a></span></p></div></section>'
        for name, url in files
    )
    return _frame(title, owner, f'<div class="govspeak">{cards}</div>')


def new_layout(title: str, owner: str | None, files: Sequence[tuple[str, str]]) -> bytes:
    """Now: gem-c-attachment, whole addresses, the title leads to the preview of a CSV file."""
    cards = "".join(
        f'<section class="gem-c-attachment"><div class="gem-c-attachment__thumbnail"><a class="govuk-link" href="{url}">'
        f'<svg></svg></a></div><div class="gem-c-attachment__details"><h3 class="gem-c-attachment__title">'
        f'<a class="govuk-link gem-c-attachment__link" href="/csv-preview/5f/{url.rpartition("/")[2]}">{html.escape(name)}</a>'
        f'</h3><p class="gem-c-attachment__metadata"><a class="govuk-link" href="{url}">Download CSV</a></p></div></section>'
        for name, url in files
    )
    return _frame(title, owner, f'<div class="gem-c-govspeak">{cards}</div>')


def inline_layout(title: str, owner: str | None, files: Sequence[tuple[str, str]]) -> bytes:
    """As some write them: a list of links in running text, upper case endings, a query behind the name."""
    items = "".join(
        f'<li><span class="attachment-inline"><a href="{url}?v=2">{html.escape(name)}</a> (24 KB)</span></li>'
        for name, url in files
    )
    return _frame(
        title, owner, f'<p>All months:</p><ul>{items}</ul><p><a href="{ASSETS}/media/n/notes.pdf">Notes</a></p>'
    )


def collection(title: str, owner: str | None, documents: Sequence[tuple[str, str]]) -> bytes:
    """A collection in today's layout; each document is (title, path)."""
    items = "".join(
        f'<li class="gem-c-document-list__item"><div class="gem-c-document-list__item-title">'
        f'<a class="govuk-link" href="{path}">{html.escape(name)}</a></div></li>'
        for name, path in documents
    )
    return _frame(title, owner, f'<h2>Monthly reports</h2><ul class="gem-c-document-list">{items}</ul>')


def old_collection(title: str, owner: str | None, documents: Sequence[tuple[str, str]]) -> bytes:
    """A collection until about 2018: whole addresses in ordered lists."""
    items = "".join(
        f'<li><h3><a href="https://www.gov.uk{path}">{html.escape(name)}</a></h3></li>' for name, path in documents
    )
    return _frame(title, owner, f'<div class="group"><ol class="group-document-list">{items}</ol></div>')


LAYOUTS = {"new": new_layout, "old": old_layout, "inline": inline_layout}


def broken(page: str, file: str) -> list[tuple[str, str, Reply, str]]:
    """What goes wrong with a source that reads the newest file of a page: name, path, answer, words of the reason."""
    return [
        ("a page of another shape", page, Reply(b"<!doctype html><div id=app></div>"), "its shape may have changed"),
        ("a page that is gone", page, Reply(b"gone", 404), "answered 404"),
        ("a dead link", file, Reply(b"gone", 410), "answered 410"),
        ("forbidden", file, Reply(b"", 403), "answered 403"),
        ("too many, for a day", file, Reply(b"", 429, {"Retry-After": "86400"}), "stay away until"),
        ("a web page instead of a file", file, Reply(b"<!DOCTYPE html><p>Sorry"), "it is a web page, no table"),
        ("an empty file", file, Reply(b" \n"), "it is empty"),
        ("a cut file", file, Reply(b"a,b", cut=True), "the body was cut"),
    ]
