"""The plain names of AWS hosts: without FIPS, dual stack, ports, and names that only some kinds of endpoints have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from mock_jobs.wire.loader import shared_loader

# `data.iot-fips.us-east-1...`, `bucket.s3-fips.dualstack.us-east-1...`
_KIND = re.compile(r"(?:-fips)?(?:\.dualstack)?(?=\.[a-z]{2,}(?:-[a-z]+)+-\d+\.)")
# `fips.batch.us-east-1...`, `iam-fips.aws-global...`
_RARE_KIND = re.compile(r"^fips\.|-fips(?=\.)")
_NO_REGION = re.compile(r"\.(?:aws(?:-[a-z]+)*-)?global(?=\.)")
# Where services with one endpoint for all regions are
_HOME_REGION = re.compile(r"\.us-east-1(?=\.)")
# First labels that differ from those of the plain endpoint. Source: the endpoint rules of botocore.
_FIRST_LABELS = (
    (re.compile(r"^aos\."), "es."),
    (re.compile(r"^ecr\."), "api.ecr."),
    (re.compile(r"^efs\."), "elasticfilesystem."),
    (re.compile(r"^kafka-api\."), "kafka."),
    (re.compile(r"^metering-marketplace\."), "metering.marketplace."),
    (re.compile(r"^streams-dynamodb\."), "streams.dynamodb."),
    (re.compile(r"^timestream-(ingest|query)\."), r"\1.timestream."),
    # The address of an account, which DescribeEndpoint gives
    (re.compile(r"^[a-z0-9]+(-ats)?\.iot\."), r"data\1.iot."),
)


def plain_hosts(host: str) -> Iterator[str]:
    """Generate plain names that a host of AWS may go by, the most similar one first.

    Source: the endpoints that botocore makes up with `use_fips_endpoint` and `use_dualstack_endpoint`.

    Args:
        host: Host name, with or without a port.
    """
    name = _KIND.sub("", host.partition(":")[0].lower())
    yield name
    name = _RARE_KIND.sub("", name)
    for in_domain in (name, *_in_other_domains(name)):
        for regional in (_NO_REGION.sub("", in_domain), _NO_REGION.sub(".us-east-1", in_domain), _HOME_REGION.sub("", in_domain)):
            yield regional
            for pattern, first in _FIRST_LABELS:
                yield pattern.sub(first, regional)


def _in_other_domains(name: str) -> Iterator[str]:
    for dual_stack, domain in _domains():
        if name.endswith(dual_stack):
            yield name[: -len(dual_stack)] + domain


@cache
def _domains() -> tuple[tuple[str, str], ...]:
    outputs = [each["outputs"] for each in shared_loader().load_data("partitions")["partitions"]]
    return tuple({f".{each['dualStackDnsSuffix']}": f".{each['dnsSuffix']}" for each in outputs}.items())
