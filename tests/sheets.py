"""Spreadsheets of a few cells, written by hand, so that tests of readers need no writer."""

from __future__ import annotations

import io
import zipfile


def workbook(*sheets: list[list[str | float]]) -> bytes:
    """A minimal Excel workbook: numbers as numbers, everything else as inline text."""
    out = io.BytesIO()
    kind = "http://schemas.openxmlformats.org/"
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{kind}package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.'
            'openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{kind}package/2006/relationships"><Relationship Id="r1" '
            f'Type="{kind}officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        names = "".join(f'<sheet name="s{n}" sheetId="{n}" r:id="r{n}"/>' for n in range(1, len(sheets) + 1))
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{kind}spreadsheetml/2006/main" xmlns:r="{kind}officeDocument/2006/relationships">'
            f"<sheets>{names}</sheets></workbook>",
        )
        links = "".join(
            f'<Relationship Id="r{n}" Type="{kind}officeDocument/2006/relationships/worksheet" Target="worksheets/s{n}.xml"/>'
            for n in range(1, len(sheets) + 1)
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{kind}package/2006/relationships">{links}</Relationships>',
        )
        for n, sheet in enumerate(sheets, start=1):
            body = ""
            for row in sheet:
                cells = "".join(
                    f"<c><v>{cell}</v></c>"
                    if isinstance(cell, float | int)
                    else f'<c t="inlineStr"><is><t>{cell}</t></is></c>'
                    for cell in row
                )
                body += f"<row>{cells}</row>"
            archive.writestr(
                f"xl/worksheets/s{n}.xml",
                f'<worksheet xmlns="{kind}spreadsheetml/2006/main"><sheetData>{body}</sheetData></worksheet>',
            )
    return out.getvalue()


def opendocument(rows: list[list[str | float]]) -> bytes:
    """A minimal OpenDocument spreadsheet of one sheet: numbers as numbers, everything else as text."""
    name = "urn:oasis:names:tc:opendocument:xmlns"
    lines = ""
    for row in rows:
        cells = "".join(
            f'<table:table-cell office:value-type="float" office:value="{cell}"><text:p>{cell}</text:p></table:table-cell>'
            if isinstance(cell, float | int)
            else f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
            for cell in row
        )
        lines += f"<table:table-row>{cells}</table:table-row>"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{name}:office:1.0" xmlns:table="{name}:table:1.0" '
            f'xmlns:text="{name}:text:1.0"><office:body><office:spreadsheet><table:table table:name="Data">{lines}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return out.getvalue()
