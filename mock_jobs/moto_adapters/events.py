"""The seam to `moto.events`, moto's mock of Amazon EventBridge.

This module adds what moto lacks. A rule that is disabled, or that has a schedule and no pattern, gets no event. The `Input` and
`InputPath` of a target are used. A job queue may be a target; the other kinds of targets are those of moto.
A test pins each private name of moto that is used here, on the oldest and the newest supported moto.
"""

from __future__ import annotations

import copy
import functools
import json
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, cast

from mock_jobs.core.errors import EndlessLoopError, UndeliveredEventWarning
from mock_jobs.core.process import registry_lock

if TYPE_CHECKING:
    from moto.events.models import EventsBackend, Rule

_MODULE = "moto.events.models"

Message = dict[str, Any]


class MotoEventBus:
    """The default event bus that moto keeps for an account and region.

    Args:
        account: Account id.
        region: Region.
        serve_rules: Starts submitting the jobs of rules, unless that has started.
    """

    def __init__(self, account: str, region: str, serve_rules: Callable[[], None]) -> None:
        self._account = account
        self._region = region
        self._serve_rules = serve_rules

    @property
    def has_rules(self) -> bool:
        """Whether there are any rules. Called often, and creates nothing."""
        kept = self._kept()
        return kept is not None and bool(kept.event_buses["default"].rules)

    def deliver(self, envelope: Mapping[str, object]) -> None:
        """Send an event to the targets of all rules that it matches."""
        kept = self._kept()
        if kept is None:
            return
        self._serve_rules()
        moment = datetime.strptime(str(envelope["time"]), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        # moto expects a number, and formats it as text again.
        message = {**envelope, "time": moment.timestamp()}
        problems: list[str] = []
        for rule in list(kept.event_buses["default"].rules.values()):
            is_asleep = rule.state == "DISABLED" or not rule.event_pattern.get_pattern()
            if not is_asleep and rule.event_pattern.matches_event(cast("Any", message)):
                problems += [problem for target in rule.targets if (problem := _send(rule, target, message)) is not None]
        _warn(problems)

    def _kept(self) -> EventsBackend | None:
        # Code that created rules has imported the module. If another thread is still importing it, it has no backends yet.
        backends = getattr(sys.modules.get(_MODULE), "events_backends", None)
        regions = None if backends is None else backends.get(self._account)
        return None if regions is None else regions.get(self._region)


def _send(rule: Rule, target: Mapping[str, Any], message: Message) -> str | None:
    """Send an event to one target; return a failure as text, so that the other targets still get the event."""
    try:
        if _is_job_queue(target):
            _start_job(rule, target, message)
            return None
        only = copy.copy(rule)
        only.targets = [{**target, **_transformer_of(target)}]
        # A target without a transformer would get the output of moto's default one, which lacks the account.
        is_transformed = "InputTransformer" in only.targets[0]
        if is_transformed:
            message = {**message, "ingestion-time": message["time"]}
        only.send_to_targets(cast("Any", message), transform_input=is_transformed)
    except EndlessLoopError:  # raised again after the delivery, if this is the submission that showed the loop
        return None
    except NotImplementedError:  # what moto raises for kinds of targets that it does not know
        why = "moto has no such targets"
    except Exception as error:  # noqa: BLE001 - calls of Batch do not fail when EventBridge does
        why = f"{type(error).__name__}: {error}"
    else:
        return None
    return f"the EventBridge rule {rule.name!r} could not deliver an event to {target['Arn']}: {why}"


def _warn(problems: Iterable[str]) -> None:
    for text in problems:
        warnings.warn(text, UndeliveredEventWarning, stacklevel=2)


def _transformer_of(target: Mapping[str, Any]) -> dict[str, Any]:
    """Return an `InputTransformer` for `Input` or `InputPath`, which moto ignores."""
    if "Input" in target:
        # moto replaces an empty map of paths by its default.
        return {"InputTransformer": {"InputPathsMap": {"unused": "$.version"}, "InputTemplate": target["Input"]}}
    if "InputPath" in target:
        return {"InputTransformer": {"InputPathsMap": {"part": target["InputPath"]}, "InputTemplate": "<part>"}}
    return {}


# Job queues as targets

# (name of the rule, ARN of the queue, parameters of SubmitJob) -> None, or why the job was rejected.
# Raises `LookupError` if it does not have the queue.
SubmitJob = Callable[[str, str, Mapping[str, Any]], "str | None"]

_listeners: list[SubmitJob] = []


def watch_job_queues(submit: SubmitJob) -> Callable[[], None]:
    """Submit a job when an EventBridge rule matches whose target is a job queue, which moto cannot do.

    Source: user guide, "AWS Batch jobs as EventBridge targets" (documented); which members the event itself may carry is recalled.

    Returns:
        A function that ends the watch.
    """
    from moto.events.models import Rule  # noqa: PLC0415 - only EventBridge needs it

    with registry_lock:
        if not _listeners:
            original = Rule.send_to_targets

            @functools.wraps(original)
            def send_to_targets(self: Rule, original_event: Any, transform_input: bool = True) -> None:
                queues = [target for target in self.targets if _is_job_queue(target)]
                if not queues:
                    original(self, original_event, transform_input)
                    return
                others = copy.copy(self)
                others.targets = [target for target in self.targets if not _is_job_queue(target)]
                original(others, original_event, transform_input)
                if self.event_pattern.matches_event(original_event):
                    problems = [_send(self, target, original_event) for target in queues]
                    _warn(problem for problem in problems if problem is not None)

            Rule.send_to_targets = send_to_targets  # type: ignore[method-assign]
        _listeners.append(submit)

    def end() -> None:
        with registry_lock:
            _listeners.remove(submit)
            if not _listeners:
                Rule.send_to_targets = Rule.send_to_targets.__wrapped__  # type: ignore[attr-defined, method-assign]

    return end


def _is_job_queue(target: Mapping[str, Any]) -> bool:
    parts: list[str] = target["Arn"].split(":", 5)
    return parts[2] == "batch" and parts[-1].startswith("job-queue/")


def _start_job(rule: Rule, target: Mapping[str, Any], message: Message) -> None:
    arn = target["Arn"]
    parameters = _job_of(target, message)
    for submit in _listeners:
        try:
            refusal = submit(rule.name, arn, parameters)
        except LookupError:
            continue
        if refusal is not None:
            raise ValueError(f"SubmitJob was refused: {refusal}")
        return
    raise ValueError("there is no such job queue")


def _job_of(target: Mapping[str, Any], message: Message) -> dict[str, Any]:
    """Return the parameters of SubmitJob for a target and the message that it gets."""
    batch = target.get("BatchParameters")
    if batch is None:
        raise ValueError("the target has no BatchParameters")
    job: dict[str, Any] = {"jobQueue": target["Arn"], "jobName": batch["JobName"], "jobDefinition": batch["JobDefinition"]}
    for member in ("ArrayProperties", "RetryStrategy"):
        if member in batch:
            job.update(_in_camel_case({member: batch[member]}))
    content = _input_of(target, message)
    if isinstance(content, dict):
        if "ContainerOverrides" in content:
            job.update(_in_camel_case({"ContainerOverrides": content["ContainerOverrides"]}))
        if "Parameters" in content:
            job["parameters"] = content["Parameters"]
    return job


def _input_of(target: Mapping[str, Any], message: Message) -> Any:
    if "Input" in target:
        return json.loads(target["Input"])
    transformer = {**target, **_transformer_of(target)}.get("InputTransformer")
    if transformer is None:
        return message
    from moto.events.utils import EventTemplateParser  # noqa: PLC0415 - as above

    given = {**message, "ingestion-time": message["time"]}
    paths = transformer.get("InputPathsMap") or {"unused": "$.version"}
    return EventTemplateParser.parse(transformer["InputTemplate"], paths, cast("Any", given))


def _in_camel_case(content: Any) -> Any:
    """Return content with the keys of dictionaries in camel case, at all depths."""
    if isinstance(content, dict):
        return {name[:1].lower() + name[1:]: _in_camel_case(value) for name, value in content.items()}
    return [_in_camel_case(each) for each in content] if isinstance(content, list) else content
