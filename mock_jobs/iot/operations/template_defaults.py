"""What a job takes from the template that it is made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from mock_jobs.iot import messages
from mock_jobs.iot.documents.documents import JobDocument, check_document
from mock_jobs.iot.documents.parameters import check_parameters, fill_in, missing_parameters
from mock_jobs.iot.exceptions import InvalidRequestException, ResourceNotFoundException
from mock_jobs.iot.operations.managed_templates import ManagedTemplateOperations
from mock_jobs.iot.rules.arns import parse_arn
from mock_jobs.iot.rules.job_configs import JobConfigs

if TYPE_CHECKING:
    from mypy_boto3_iot.type_defs import MaintenanceWindowTypeDef, SchedulingConfigTypeDef

    from mock_jobs.core.service_base import AwsError
    from mock_jobs.iot.documents.managed_templates import ManagedTemplate

# (document, source) -> the document of the job; None if neither is given
ReadDocument: TypeAlias = Callable[[str | None, str | None], JobDocument | None]


@dataclass(frozen=True, slots=True)
class AskedDocument:
    """The document that a request asks for.

    Attributes:
        text: The document itself, as given.
        source: Where it is to be read from.
        parameters: Values for the placeholders of a managed template.
    """

    text: str | None
    source: str | None
    parameters: Mapping[str, str]

    @property
    def is_missing(self) -> bool:
        """Whether the request has no document and names none."""
        return self.text is None and self.source is None


@dataclass(frozen=True, slots=True)
class TemplateBasis:
    """The defaults that a job takes from a template; all empty if there is no template.

    The template's description and tags are not used. Source: observed.

    Attributes:
        document: The template's document, with placeholders.
        document_source: Where that was read from, None if it was given.
        configs: The template's configurations.
        maintenance_windows: The template's windows.
        managed: The template, if AWS provides it.
        problem: The error if the request names a template that cannot be used. CreateJob raises it after it has checked the other
            members of the request, and before it looks up the targets and the job id.
    """

    document: str | None = None
    document_source: str | None = None
    configs: JobConfigs = field(default_factory=JobConfigs)
    maintenance_windows: Sequence[MaintenanceWindowTypeDef] = ()
    managed: ManagedTemplate | None = None
    problem: AwsError | None = None

    def schedule(self, given: SchedulingConfigTypeDef | None) -> SchedulingConfigTypeDef | None:
        """Return the schedule of a request, with the template's windows unless the request has windows.

        Source: that a template's windows become those of the schedule is observed; that the request's take precedence is
        inferred.
        """
        if not self.maintenance_windows or (given or {}).get("maintenanceWindows"):
            return given
        return {**(given or {}), "maintenanceWindows": self.maintenance_windows}

    def read_document(self, read: ReadDocument, asked: AskedDocument) -> JobDocument | None:
        """Return the document of a job: the request's if it has one, else the template's, with parameters filled in.

        Source: developer guide, "Create a job from a template" (documented).

        Args:
            read: Returns the job's document for a text or a source.
            asked: The document that the request asks for.

        Raises:
            InvalidRequestException: The document or a parameter is invalid.
            LimitExceededException: The source is too long.
        """
        if self.managed is not None:
            return self._read_managed(self.managed, read, asked)
        if not asked.is_missing:
            return read(asked.text, asked.source)
        own = read(self.document, None)
        return None if own is None else replace(own, source=self.document_source)

    def _read_managed(self, managed: ManagedTemplate, read: ReadDocument, asked: AskedDocument) -> JobDocument | None:
        parameters = asked.parameters
        if asked.text is not None:
            # Checked before parameters are filled in, which could make valid JSON of it.
            check_document(asked.text)
        check_parameters(managed, parameters)
        if asked.source is not None:
            own = read(None, asked.source)
            if own is None or not parameters:
                return own
            filled = read(fill_in(own.text, parameters), None)
            return None if filled is None else replace(own, text=filled.text)
        text = managed.document(without=missing_parameters(managed, parameters)) if asked.text is None else asked.text
        before = managed.document() if asked.text is None else asked.text
        filled = read(fill_in(text, parameters), None)
        return None if filled is None else replace(filled, before_substitution=before)


class FromTemplate(ManagedTemplateOperations):
    """Find the template that a new job is based on."""

    def find_template(self, text: str | None) -> TemplateBasis:
        """Return the defaults of the template with this ARN; none without an ARN.

        If the ARN is that of something else, only `problem` is set (observed). The same holds if there is no such template.
        """
        if text is None:
            return TemplateBasis()
        arn = parse_arn(text)
        if arn is None or arn.service != "iot" or arn.kind != "jobtemplate":
            kind = text if arn is None else arn.kind
            return TemplateBasis(problem=InvalidRequestException(messages.NOT_A_TEMPLATE.format(type=kind)))
        if arn.is_of_aws:
            managed = self.find_managed_template(arn)
            if managed is not None:
                return TemplateBasis(managed=managed)
        else:
            template = self.store.templates.get(arn.name)
            if template is not None and template.arn == text:
                return TemplateBasis(template.document, template.document_source, template.configs, template.maintenance_windows)
        missing = messages.TEMPLATE_NOT_FOUND.format(template_id=text.rpartition("/")[2])
        return TemplateBasis(problem=ResourceNotFoundException(missing))
