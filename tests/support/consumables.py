"""Consumable resources, and jobs that need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.batch import PREFIX

if TYPE_CHECKING:
    from support.batch_site import Site

ARN = f"{PREFIX}consumable-resource/"


def make_resource(batch: Any, name: str = "R", total: int | None = 2, **more: Any) -> str:
    if total is not None:
        more["totalQuantity"] = total
    arn: str = batch.create_consumable_resource(consumableResourceName=name, **more)["consumableResourceArn"]
    return arn


def needing(**quantities: int) -> dict[str, Any]:
    entries = [{"consumableResource": name, "quantity": quantity} for name, quantity in quantities.items()]
    return {"consumableResourceList": entries}


def submit_needing(site: Site, name: str = "job", *, needs: dict[str, int], **more: Any) -> str:
    return site.submit(name, consumableResourcePropertiesOverride=needing(**needs), **more)


def quantities(batch: Any, name: str = "R") -> tuple[int, int, int]:
    """Return total, in use and available."""
    resource = batch.describe_consumable_resource(consumableResource=name)
    return resource["totalQuantity"], resource["inUseQuantity"], resource["availableQuantity"]


def by_resource(batch: Any, **arguments: Any) -> tuple[list[str], str | None]:
    """Return the names of the jobs that need `R`, a page of them, and the token of the next."""
    page = batch.list_jobs_by_consumable_resource(consumableResource="R", **arguments)
    return [job["jobName"] for job in page["jobs"]], page.get("nextToken")
