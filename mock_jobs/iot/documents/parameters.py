"""The parameters of jobs that are made from managed templates."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from mock_jobs.iot import messages
from mock_jobs.iot.exceptions import InvalidRequestException

if TYPE_CHECKING:
    from mock_jobs.iot.documents.managed_templates import ManagedTemplate

_PLACEHOLDER: Final = re.compile(r"\$\{aws:iot:parameter:(?P<key>[a-zA-Z0-9_-]+)\}")


def check_parameters(template: ManagedTemplate, given: Mapping[str, str]) -> None:
    """Refuse unknown parameters, missing required ones, and values that do not match their regular expression.

    Source: inferred from the description of each parameter in DescribeManagedJobTemplate.

    Raises:
        InvalidRequestException: A parameter is invalid; the texts are ours.
    """
    known = {each.key: each for each in template.parameters}
    for key, value in given.items():
        if key not in known:
            raise InvalidRequestException(messages.PARAMETER_UNKNOWN.format(key=key, name=template.name))
        # Control characters were refused earlier, so no value has a line break, which the dot would not match.
        if re.fullmatch(known[key].regex, value) is None:
            text = messages.PARAMETER_INVALID.format(key=key, regex=known[key].regex, name=template.name)
            raise InvalidRequestException(text)
    for key, parameter in known.items():
        if not parameter.is_optional and key not in given:
            raise InvalidRequestException(messages.PARAMETER_MISSING.format(key=key, name=template.name))


def missing_parameters(template: ManagedTemplate, given: Mapping[str, str]) -> frozenset[str]:
    """Return the keys of the parameters that were not given."""
    return frozenset(each.key for each in template.parameters) - given.keys()


def fill_in(document: str, given: Mapping[str, str]) -> str:
    """Return a JSON document with values in place of the placeholders; those without a value stay.

    A placeholder can only be in a JSON string, so its value is escaped as a part of one. The document stays valid JSON, whatever
    the value holds.
    """
    return _PLACEHOLDER.sub(lambda match: _inside_string(given[match["key"]]) if match["key"] in given else match[0], document)


def _inside_string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]
