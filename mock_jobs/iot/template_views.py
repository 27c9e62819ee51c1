"""How job templates look on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_jobs.iot.views import moment

if TYPE_CHECKING:
    from mock_jobs.iot.managed_templates import ManagedTemplate
    from mock_jobs.iot.templates import JobTemplate


def summarize_template(template: JobTemplate) -> dict[str, object]:
    """Return a template as ListJobTemplates shows it."""
    return {
        "jobTemplateArn": template.arn,
        "jobTemplateId": template.template_id,
        "description": template.description,
        "createdAt": moment(template.created_at_ms),
    }


def describe_template(template: JobTemplate) -> dict[str, object]:
    """Return a template as DescribeJobTemplate shows it.

    Source: DescribeJobTemplate, API reference; three configurations are there always, empty if unset, other unset members are
    absent for who uses an SDK (observed).
    """
    configs = template.configs
    view = summarize_template(template)
    view |= {
        "document": template.document,
        "presignedUrlConfig": configs.presigned_url or {},
        "jobExecutionsRolloutConfig": configs.rollout or {},
        "timeoutConfig": configs.timeout or {},
    }
    optional = {
        "documentSource": template.document_source,
        "abortConfig": configs.abort,
        "jobExecutionsRetryConfig": configs.retry,
        "maintenanceWindows": template.maintenance_windows,
        "destinationPackageVersions": configs.package_versions,
    }
    return view | {name: value for name, value in optional.items() if value}


def summarize_managed_template(template: ManagedTemplate, arn: str) -> dict[str, object]:
    """Return a template that AWS provides as ListManagedJobTemplates shows it."""
    return {
        "templateArn": arn,
        "templateName": template.name,
        "description": template.description,
        "environments": list(template.environments),
        "templateVersion": template.version,
    }


def describe_managed_template(template: ManagedTemplate, arn: str) -> dict[str, object]:
    """Return a template that AWS provides as DescribeManagedJobTemplate shows it."""
    parameters = [
        {
            "key": each.key,
            "description": each.description,
            "regex": each.regex,
            "example": each.example,
            "optional": each.is_optional,
        }
        for each in template.parameters
    ]
    return summarize_managed_template(template, arn) | {"documentParameters": parameters, "document": template.document()}
