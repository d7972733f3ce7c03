"""Whose feed a body is, and which region a text names: ids from the closed lists, else the words as they came."""

from __future__ import annotations

import re

from pipelines import reference

# Status pages by host. The address is where the vendor says its page is; `scrapers/incidents.py` asks there.
HOSTS = {
    "health.aws.amazon.com": "aws",
    "status.aws.amazon.com": "aws",
    "azure.status.microsoft": "azure",
    "azurestatusprodwus.azurewebsites.net": "azure",
    "status.cloud.google.com": "gcp",
    "www.cloudflarestatus.com": "cloudflare",
    "www.githubstatus.com": "github",
    "status.claude.com": "anthropic",
    "status.anthropic.com": "anthropic",
    "status.openai.com": "openai",
    "bitbucket.status.atlassian.com": "atlassian",
    "status.atlassian.com": "atlassian",
    "status.cohere.com": "cohere",
    "status.huggingface.co": "huggingface",
    "status.mistral.ai": "mistral",
    "status.perplexity.com": "perplexity",
    "www.fastlystatus.com": "fastly",
    "www.akamaistatus.com": "akamai",
    "status.slack.com": "slack",
    "status.salesforce.com": "salesforce",
    "status.notifications.service.gov.uk": "govuk-notify",
    "payments.statuspage.io": "govuk-pay",
    "status.account.gov.uk": "govuk-one-login",
    "status.publishing.service.gov.uk": "govuk-publishing",
}
# Places as AWS names its regions in feeds and lists.
_AWS_PLACES = {
    "N. Virginia": "us-east-1", "Northern Virginia": "us-east-1", "Ohio": "us-east-2", "N. California": "us-west-1",
    "Northern California": "us-west-1", "Oregon": "us-west-2", "Montreal": "ca-central-1", "Canada": "ca-central-1",
    "Ireland": "eu-west-1", "London": "eu-west-2", "Paris": "eu-west-3", "Frankfurt": "eu-central-1",
    "Zurich": "eu-central-2", "Stockholm": "eu-north-1", "Milan": "eu-south-1", "Spain": "eu-south-2",
    "Mumbai": "ap-south-1", "Hyderabad": "ap-south-2", "Singapore": "ap-southeast-1", "Sydney": "ap-southeast-2",
    "Jakarta": "ap-southeast-3", "Melbourne": "ap-southeast-4", "Tokyo": "ap-northeast-1",
    "Seoul": "ap-northeast-2", "Osaka": "ap-northeast-3", "Hong Kong": "ap-east-1", "Sao Paulo": "sa-east-1",
    "Bahrain": "me-south-1", "UAE": "me-central-1", "Tel Aviv": "il-central-1", "Cape Town": "af-south-1",
    "Beijing": "cn-north-1", "Ningxia": "cn-northwest-1",
}  # fmt: skip
EVERYWHERE = "global"
_ADDRESS = re.compile(r"(?:https?://)?([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)(?::\d+)?(?:[/?#]\S*)?$")


def host_of(address: str) -> str:
    """The host of a web address, small letters; '' where there is none or the address is broken."""
    found = _ADDRESS.match(address.strip())
    return found[1].lower() if found else ""


def provider_of(word: str) -> str:
    """The id of the provider that a host, a company's name or an id names; 'unknown' where none is known."""
    facts = reference.load()
    text = word.strip()
    if text in facts.providers:
        return text
    if "://" in text or (text.count(".") and " " not in text):
        return HOSTS.get(host_of(text), "unknown")
    name = re.sub(r"\s+(?:status(?:\s+page)?)$", "", text, flags=re.IGNORECASE).casefold()
    for provider in facts.providers.values():
        if name and name in {provider.name.casefold(), *(known.casefold() for known in provider.words)}:
            return provider.id
    return _COMPANIES.get(name, "unknown")


# A company's name in lists of events stands for its cloud.
_COMPANIES = {"google": "gcp", "microsoft": "azure", "amazon": "aws", "claude": "anthropic"}


def region(provider: str, text: str) -> str | None:
    """The id of the region that `text` names, from the provider's closed list; 'global'; else None."""
    known = reference.load().providers.get(provider)
    word = " ".join(text.split())
    if not word:
        return None
    if word.casefold() in ("global", "all regions", "worldwide"):
        return EVERYWHERE
    if known is None:
        return None
    squashed = re.sub(r"[\s_-]+", "", word).casefold()
    for code in known.regions:
        if squashed == re.sub(r"[\s_-]+", "", code).casefold():
            return code
    if provider == "aws" and word in _AWS_PLACES:
        return _AWS_PLACES[word]
    return known.region(word)
