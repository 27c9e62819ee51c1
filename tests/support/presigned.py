"""Jobs whose documents have placeholders for presigned URLs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from hypothesis import strategies as st

if TYPE_CHECKING:
    from support.fleet import Fleet

ROLE = "arn:aws:iam::123456789012:role/reader"
URL = "https://s3.amazonaws.com/files/a/key"


def placeholder(url: str = URL, variant: str = "") -> str:
    return f"${{aws:iot:s3-presigned-url{variant}:{url}}}"


def upload(key: str, url: str = "https://s3.us-east-1.amazonaws.com/files/") -> str:
    return placeholder(url + key, "-upload")


def job(fleet: Fleet, *texts: object, things: tuple[str, ...] = ("t",), **config: Any) -> str:
    """Create a job whose document is a list of texts, and return the document."""
    document = json.dumps(list(texts))
    fleet.job(*things, document=document, presignedUrlConfig={"roleArn": ROLE, **config})
    return document


def urls(document: str) -> Any:
    return json.loads(document)


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


snippets = st.sampled_from(
    [
        placeholder(),
        placeholder("s3://files/ü \\ x"),
        placeholder(quote(f"{URL}?versionId=1", safe=""), "-v2"),
        upload("${thingName}/${jobId}"),
        upload("${executionNumber}${x}"),
        placeholder("https://s3.amazonaws.com/b"),
        "${aws:iot:s3-presigned-url:",
        "${aws:iot:package:p:version:v:attributes}",
        "${aws:",
        "${thingName}",
        "${",
        "}",
        '"',
        "\\",
        "\\u0024",
        "\ud800",
        "\x1f",
    ]
)
texts = st.lists(snippets | st.text(max_size=5), max_size=4).map("".join)
