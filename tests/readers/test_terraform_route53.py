"""Route 53 in Terraform: what the files say is read, what only apply would know is set aside by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import folders
from pipelines.batch import Batch
from pipelines.readers import terraform_route53

MAIN = r"""
locals {
  domain  = "body.gov.uk"
  names   = ["a", "b"]
  targets = { www = "www.example.net", "api" = "api.example.net" }
  deep    = { zone = { name = local.domain } }
}
variable "env" { default = "live" }
variable "size" { type = number }
resource "aws_route53_zone" "main" { name = local.domain }
data "aws_route53_zone" "other" { name = "other.gov.uk." }

resource "aws_route53_record" "apex" {
  zone_id = aws_route53_zone.main.zone_id
  name    = ""
  type    = "A"
  alias {
    name                   = "d1.cloudfront.net."
    zone_id                = "Z2"
    evaluate_target_health = false
  }
}
resource "aws_route53_record" "mx" {
  zone_id = "${aws_route53_zone.main.zone_id}"
  name    = local.deep.zone.name
  type    = "MX"
  ttl     = 300
  records = ["10 mail.example.net.", "20 mail2.example.net."]
}
resource "aws_route53_record" "each" {
  for_each = local.targets
  zone_id  = aws_route53_zone.main.id
  name     = "${each.key}-${var.env}"
  type     = "CNAME"
  records  = [each.value]
}
resource "aws_route53_record" "set" {
  for_each = toset(local.names)
  zone_id  = data.aws_route53_zone.other.zone_id
  name     = each.key
  type     = "A"
  records  = ["198.51.100.1"]
}
resource "aws_route53_record" "counted" {
  count   = 2
  zone_id = aws_route53_zone.main.zone_id
  name    = "${local.names[count.index]}.x"
  type    = "TXT"
  records = ["v=spf1 -all", "first \"\"second", "$${literal}"]
}
resource "aws_route53_record" "absolute" {
  zone_id = var.somewhere
  name    = "www.elsewhere.gov.uk."
  type    = "AAAA"
  records = ["2001:4860::1"]
}
resource "aws_route53_record" "balancer" {
  zone_id = aws_route53_zone.main.zone_id
  name    = "app"
  type    = "A"
  alias {
    name    = aws_lb.main.dns_name
    zone_id = aws_lb.main.zone_id
  }
}
resource "aws_route53_record" "unset" {
  zone_id = aws_route53_zone.main.zone_id
  name    = "n${var.size}"
  type    = "A"
  records = ["198.51.100.1"]
}
resource "aws_route53_record" "maybe" {
  count   = var.env == "live" ? 1 : 0
  zone_id = aws_route53_zone.main.zone_id
  name    = "maybe"
  type    = "A"
  records = ["198.51.100.1"]
}
resource "aws_route53_record" "foreign" {
  zone_id = "Z0123456789ABCDEFGHIJ"
  name    = "www.unknown"
  type    = "A"
  records = ["198.51.100.1"]
}
resource "aws_route53_record" "made" {
  zone_id = aws_route53_zone.main.zone_id
  name    = "made"
  type    = "TXT"
  records = [join("", ["a", "b"])]
}
resource "aws_s3_bucket" "x" { bucket = "x" }
"""


def read(**texts: str) -> Batch:
    files = {path.replace("__", "/"): text for path, text in texts.items()}
    packed = folders._packed(((f"{p}.tf", len(t), lambda t=t: t.encode()) for p, t in files.items()), {})  # type: ignore[misc]
    return terraform_route53.read("dns", packed, "src", {})


def records(batch: Batch) -> list[tuple[str, str, str]]:
    return [(r["subject"], r["kind"], r["value"]) for r in batch.tables["observations"].to_pylist()]


def test_what_the_files_say() -> None:
    batch = read(main=MAIN)
    assert records(batch) == [
        ("body.gov.uk", "ALIAS", "d1.cloudfront.net"),
        ("body.gov.uk", "MX", "10 mail.example.net"),
        ("body.gov.uk", "MX", "20 mail2.example.net"),
        ("www-live.body.gov.uk", "CNAME", "www.example.net"),
        ("api-live.body.gov.uk", "CNAME", "api.example.net"),
        ("a.other.gov.uk", "A", "198.51.100.1"),
        ("b.other.gov.uk", "A", "198.51.100.1"),
        ("a.x.body.gov.uk", "TXT", "v=spf1 -all"),
        ("a.x.body.gov.uk", "TXT", "first second"),
        ("a.x.body.gov.uk", "TXT", "${literal}"),
        ("b.x.body.gov.uk", "TXT", "v=spf1 -all"),
        ("b.x.body.gov.uk", "TXT", "first second"),
        ("b.x.body.gov.uk", "TXT", "${literal}"),
        ("www.elsewhere.gov.uk", "AAAA", "2001:4860::1"),
    ]


def test_what_only_apply_would_know_is_set_aside_by_name() -> None:
    batch = read(main=MAIN)
    assert {r.name.rpartition(".")[2]: r.reason for r in batch.rejected} == {
        "balancer": "aws_lb.main.dns_name is not known from the files",
        "unset": "var.size is not known from the files",
        "maybe": 'var.env == "live" ? 1 : 0 is not known from the files',
        "foreign": "zone_id is not known from the files",
        "made": 'join("", ["a", "b"]) is not known from the files',
    }
    assert batch.read == 14 + 5


def test_a_variable_is_what_tfvars_say_and_unknown_inside_a_called_module() -> None:
    body = """
    variable "zone" { default = "default.gov.uk" }
    resource "aws_route53_record" "x" {
      zone_id = "Z1"
      name    = "www.${var.zone}."
      type    = "A"
      records = ["198.51.100.1"]
    }
    """
    assert records(read(main=body)) == [("www.default.gov.uk", "A", "198.51.100.1")]
    files = {"main.tf": body, "live.auto.tfvars": 'zone = "set.gov.uk"\n'}
    packed = folders._packed(((p, len(t), lambda t=t: t.encode()) for p, t in files.items()), {})  # type: ignore[misc]
    assert records(terraform_route53.read("dns", packed, "src", {})) == [("www.set.gov.uk", "A", "198.51.100.1")]
    called = read(root__main='module "m" {\n  source = "../modules/m"\n  zone   = var.x\n}\n', modules__m__main=body)
    assert records(called) == [] and called.rejected[-1].reason == "var.zone is not known from the files"


def test_a_local_that_refers_to_itself_ends() -> None:
    batch = read(
        main='locals { a = local.a }\nresource "aws_route53_record" "x" {\n  name = local.a\n  type = "A"\n}\n'
    )
    assert records(batch) == [] and "refers to itself" in batch.rejected[-1].reason


def test_a_broken_file_is_set_aside_alone() -> None:
    batch = read(main=MAIN, broken='resource "aws_route53_record" {{{\n')
    assert len(records(batch)) == 14
    assert {r.name: r.reason[:26] for r in batch.rejected}["broken.tf"] == "it is not valid Terraform:"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it holds no Terraform"),
        ('resource "aws_s3_bucket" "x" { bucket = "x" }\n', "it declares no aws_route53_record"),
        ("colour,size\nred,2\n", "it is not valid Terraform"),
    ],
)
def test_what_holds_no_record_is_refused(text: str, says: str) -> None:
    batch = terraform_route53.read("main.tf", text.encode(), "src", {})
    assert not batch.whole and (says in batch.rejected[-1].reason)


def test_a_folder_through_the_command_line(run: Callable, tmp_path: Path) -> None:
    (tmp_path / "dns").mkdir()
    (tmp_path / "dns" / "main.tf").write_text(MAIN)
    (tmp_path / "dns" / "notes.md").write_text("not read")
    taken = run("import", "terraform-route53", "--private", tmp_path / "dns", "--json").json["files"][0]
    assert (taken["read"], taken["new"], taken["quarantined"], taken["reason"]) == (19, 14, 5, None)
