"""The operations on the job templates that AWS provides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mock_jobs.iot import messages, views
from mock_jobs.iot.documents.managed_templates import MANAGED_TEMPLATES, ManagedTemplate
from mock_jobs.iot.exceptions import ResourceNotFoundException
from mock_jobs.iot.operations.base import Operations
from mock_jobs.iot.rules.paging import page, start_of_page

if TYPE_CHECKING:
    from mock_jobs.core.service_base import WireShape
    from mock_jobs.iot.rules.arns import ResourceArn

_POSITIONS: Final = {name: position for position, name in enumerate(MANAGED_TEMPLATES)}


class ManagedTemplateOperations(Operations):
    """Describe and list the templates that AWS provides, and find them by ARN."""

    def describe_managed_job_template(self, *, template_name: str, template_version: str | None = None) -> WireShape:
        """Return a template that AWS provides, with its parameters and its document.

        Raises:
            ResourceNotFoundException: There is no such template, or not in this version.
        """
        template = _template_or_404(template_name)
        if template_version not in (None, template.version):
            raise ResourceNotFoundException(messages.TEMPLATE_NOT_FOUND.format(template_id=f"{template_name}:{template_version}"))
        return views.describe_managed_template(template, self._managed_arn(template))

    def list_managed_job_templates(
        self, *, template_name: str | None = None, max_results: int | None = None, next_token: str | None = None
    ) -> WireShape:
        """List the templates that AWS provides in the order of their names, or all versions of one of them.

        Source: ListManagedJobTemplates, API reference (documented); the order, and the error for an unknown name, are inferred.

        Raises:
            InvalidRequestException: The token is not one of this listing.
            ResourceNotFoundException: There is no template of this name.
        """
        listing = self.listing(f"ListManagedJobTemplates {template_name}")
        after = start_of_page(listing, next_token, 1)
        templates = list(MANAGED_TEMPLATES.values()) if template_name is None else [_template_or_404(template_name)]
        start = -1 if after is None else after[0]
        following = (each for each in templates if _POSITIONS[each.name] > start)
        found, token = page(listing, following, max_results, lambda each: (_POSITIONS[each.name],))
        shown = [views.summarize_managed_template(each, self._managed_arn(each)) for each in found]
        return {"managedJobTemplates": shown, **token}

    def find_managed_template(self, arn: ResourceArn) -> ManagedTemplate | None:
        """Return the managed template with this ARN, version included; None if there is none here."""
        template = MANAGED_TEMPLATES.get(arn.name.partition(":")[0])
        return template if template is not None and self._managed_arn(template) == arn.text else None

    def _managed_arn(self, template: ManagedTemplate) -> str:
        # Managed templates belong to no account.
        return f"arn:{self.partition}:iot:{self.region}::jobtemplate/{template.name}:{template.version}"


def _template_or_404(name: str) -> ManagedTemplate:
    template = MANAGED_TEMPLATES.get(name)
    if template is None:
        raise ResourceNotFoundException(messages.TEMPLATE_NOT_FOUND.format(template_id=name))
    return template
