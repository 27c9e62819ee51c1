"""The seam to moto's CloudFormation: stacks create resources of mock_jobs.

Our resource types are in moto's table of types only while moto answers a request for CloudFormation.
Meanwhile types of job services that nobody makes fail their stacks; of others moto only warns.
A test pins each private name of moto that is used here, on the oldest and the newest supported moto.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from mock_jobs.core.process import registry_lock
from mock_jobs.moto_adapters.cloudformation.resources import (
    Caller,
    ResourceRefusedError,
    Send,
    as_read,
    create,
    delete,
    is_replaced,
    update,
)
from mock_jobs.moto_adapters.cloudformation.types import RESOURCE_TYPES, ResourceType, is_not_emulated

_CREATING: Final = ("CREATE_PENDING", "CREATE_IN_PROGRESS")
_DELETED: Final = ("DELETE_COMPLETE", "DELETE_FAILED")


@dataclass(eq=False)
class Resource:
    """A resource of mock_jobs in a stack of moto.

    moto sets `cf_resource_type` and `logical_resource_id`.

    Attributes:
        kind: Its type.
        name: Its name, from the template or generated.
        properties: Its properties in the template.
        stack_id: Id of its stack.
        account: Account id.
        region: Region.
        physical_resource_id: What `Ref` gives.
        attributes: What `Fn::GetAtt` gives.
    """

    kind: ResourceType
    name: str
    properties: Mapping[str, Any]
    stack_id: str
    account: str
    region: str
    physical_resource_id: str
    attributes: Mapping[str, str]
    logical_resource_id: str = ""

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return what `Fn::GetAtt` gives."""
        from moto.cloudformation.exceptions import UnformattedGetAttTemplateException  # noqa: PLC0415

        try:
            return self.attributes[attribute_name]
        except KeyError:
            raise UnformattedGetAttTemplateException from None

    def is_created(self) -> bool:
        """Return whether it is ready: always."""
        return True

    def delete(self, account_id: str, region_name: str) -> None:  # noqa: ARG002 - the signature that moto calls
        """Delete it once the request has succeeded."""
        _run.get().delete(self)


class StackRun:
    """The changes of our resources by one CloudFormation request; it deletes only once it has succeeded.

    If it fails, the resources that it created are deleted, its updates are undone, a new stack is removed, and nothing else
    is deleted. Source: CloudFormation creates before it deletes, and rolls back (documented). In moto the call itself fails
    and leaves no stack.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._created: list[Resource] = []
        self._updated: list[tuple[Resource, Mapping[str, Any]]] = []
        self._to_delete: list[Resource] = []
        self._stacks: list[tuple[str, str, str]] = []
        self._is_over = False
        self.has_succeeded = False

    def create(
        self, kind: ResourceType, name: str, properties: Mapping[str, Any], *, stack_id: str, account: str, region: str
    ) -> Resource:
        """Create a resource immediately.

        Raises:
            ValidationError: The service rejects it; moto answers this error.
        """
        own_name = str(properties.get(kind.identifier, name))
        with _as_error_of_moto():
            made = create(kind, own_name, properties, Caller(account, region, self._send))
        resource = Resource(kind, own_name, properties, stack_id, account, region, made.physical_id, made.attributes)
        self._created.append(resource)
        return resource

    def update(self, resource: Resource, properties: Mapping[str, Any]) -> None:
        """Change a resource in place, immediately.

        Raises:
            ValidationError: The service rejects it; moto answers this error.
        """
        with _as_error_of_moto():
            self._change(resource, properties)
        self._updated.append((resource, resource.properties))
        resource.properties = properties

    def _change(self, resource: Resource, properties: Mapping[str, Any]) -> None:
        caller = Caller(resource.account, resource.region, self._send)
        update(resource.kind, resource.physical_resource_id, resource.properties, properties, caller)

    def concerns(self, account: str, region: str, stack_id: str) -> None:
        """Record a stack that has resources of mock_jobs."""
        self._stacks.append((account, region, stack_id))

    def delete(self, resource: Resource) -> None:
        """Delete a resource: immediately if the request is over, otherwise once it has succeeded."""
        if self._is_over:
            delete(resource.kind, resource.physical_resource_id, Caller(resource.account, resource.region, self._send))
        else:
            self._to_delete.append(resource)

    def succeed(self) -> None:
        """Delete the resources to delete; a deleted stack with one that cannot be deleted becomes DELETE_FAILED."""
        self._is_over = True
        for resource in self._delete_all(self._to_delete):
            _keep_stack(resource)

    def _delete_all(self, resources: Sequence[Resource]) -> list[Resource]:
        """Delete resources, retrying refused ones while any succeeds; return those that cannot be deleted."""
        waiting = list(resources)
        while True:
            left = [resource for resource in waiting if not self._is_deleted(resource)]
            if len(left) in (0, len(waiting)):
                return left
            waiting = left

    def _is_deleted(self, resource: Resource) -> bool:
        try:
            self.delete(resource)
        except ResourceRefusedError:
            return False
        return True

    def roll_back(self) -> None:
        """Remove new stacks, undo updates and delete the resources that this request created."""
        self._is_over = True
        for stack in dict.fromkeys(self._stacks):
            _take_back_stack(*stack)
        for resource, before in reversed(self._updated):
            self._change(resource, before)
            resource.properties = before
        self._delete_all(self._created[::-1])


@contextmanager
def _as_error_of_moto() -> Iterator[None]:
    """Raise a refusal as moto's ValidationError."""
    from moto.cloudformation.exceptions import ValidationError  # noqa: PLC0415 - loads no other service

    try:
        yield
    except ResourceRefusedError as error:
        raise ValidationError(message=str(error)) from error


def _keep_stack(resource: Resource) -> None:
    """Mark a stack that moto has deleted as DELETE_FAILED, so that its deletion can be tried again.

    Source: CloudFormation user guide, stack status DELETE_FAILED (documented).
    A resource that an update could not delete is left (documented).
    """
    from moto.cloudformation.models import cloudformation_backends  # noqa: PLC0415 - loaded by now

    backend = cloudformation_backends[resource.account][resource.region]
    stack = backend.deleted_stacks.pop(resource.stack_id, None) or backend.stacks.get(resource.stack_id)
    if stack is None or stack.status not in _DELETED:
        return
    stack.status = _DELETED[1]
    backend.stacks[stack.stack_id] = stack
    # moto marks its own resources that it could not delete in the same way.
    stack.resource_map._parsed_resources[resource.logical_resource_id] = resource  # noqa: SLF001


def _take_back_stack(account: str, region: str, stack_id: str) -> None:
    from moto.cloudformation.models import cloudformation_backends  # noqa: PLC0415 - loaded by now

    backend = cloudformation_backends[account][region]
    stack = backend.stacks.get(stack_id)
    if stack is None or stack.status not in _CREATING:
        return
    # An error of moto while deleting its own resources must not hide why the request failed.
    with suppress(Exception):
        stack.delete()
    del backend.stacks[stack_id]
    for name in [name for name, export in backend.exports.items() if export.exporting_stack_id == stack_id]:
        del backend.exports[name]


_run: ContextVar[StackRun] = ContextVar("_run")


class _InMotosTable:
    """An entry of moto's table of types, in place of a model class."""

    def __init__(self, kind: ResourceType, replaced: Any) -> None:
        self._kind = kind
        self.replaced = replaced

    def has_cfn_attr(self, attr: str) -> bool:
        lookup = self._kind.lookup
        return attr in self._kind.attributes or (lookup is not None and attr in lookup.attributes)

    def create_from_cloudformation_json(
        self, resource_name: str, cloudformation_json: Mapping[str, Any], account_id: str, region_name: str, **kwargs: Any
    ) -> Any:
        run = _run.get(None)
        if run is None:
            # A request in another thread, outside of `stack_run`: only moto answers it.
            return self._motos().create_from_cloudformation_json(
                resource_name, cloudformation_json, account_id, region_name, **kwargs
            )
        run.concerns(account_id, region_name, kwargs["StackId"])
        return run.create(
            self._kind,
            resource_name,
            as_read(self._kind, cloudformation_json["Properties"]),
            stack_id=kwargs["StackId"],
            account=account_id,
            region=region_name,
        )

    def update_from_cloudformation_json(
        self,
        original_resource: Any,
        new_resource_name: str,
        cloudformation_json: Mapping[str, Any],
        account_id: str,
        region_name: str,
    ) -> Any:
        run = _run.get(None)
        if run is None:
            return self._motos().update_from_cloudformation_json(
                original_resource=original_resource,
                new_resource_name=new_resource_name,
                cloudformation_json=cloudformation_json,
                account_id=account_id,
                region_name=region_name,
            )
        kind = self._kind
        properties = as_read(kind, cloudformation_json["Properties"])
        if properties == original_resource.properties:
            return original_resource
        if kind.is_revised and properties.get(kind.identifier, original_resource.name) == original_resource.name:
            new_resource_name = original_resource.name
        elif is_replaced(kind, original_resource.properties, properties):
            self._check_replaceable(original_resource, properties)
        elif not kind.is_revised:
            run.update(original_resource, properties)
            return original_resource
        replacement = run.create(
            kind,
            new_resource_name,
            properties,
            stack_id=original_resource.stack_id,
            account=account_id,
            region=region_name,
        )
        if not (kind.is_revised and replacement.name == original_resource.name and kind.keeps_previous(properties)):
            run.delete(original_resource)
        return replacement

    def _check_replaceable(self, resource: Resource, properties: Mapping[str, Any]) -> None:
        # Source: CloudFormation cannot replace a custom-named resource (documented).
        name = properties.get(self._kind.identifier)
        if name is not None and name == resource.properties.get(self._kind.identifier):
            from moto.cloudformation.exceptions import ValidationError  # noqa: PLC0415 - loaded by now

            raise ValidationError(
                message="CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {name} and update the stack again."
            )

    def _motos(self) -> Any:
        if self.replaced is None:
            from moto.cloudformation.exceptions import ValidationError  # noqa: PLC0415 - loaded by now

            raise ValidationError(message=f"Unrecognized resource types: [{self._kind.name}]")
        return self.replaced

    def delete_from_cloudformation_json(
        self, resource_name: str, cloudformation_json: Mapping[str, Any], account_id: str, region_name: str
    ) -> None:
        # Our resources are deleted by `Resource.delete`, so this one is moto's.
        self._motos().delete_from_cloudformation_json(resource_name, cloudformation_json, account_id, region_name)


class _NotEmulated:
    """Takes the place of a model class for a type that fails its stack."""

    def __init__(self, name: str) -> None:
        self._name = name

    def has_cfn_attr(self, attr: str) -> bool:  # noqa: ARG002 - the signature that moto calls
        # The stack is to fail for the type, not for its attributes.
        return True

    def create_from_cloudformation_json(
        self,
        resource_name: str,  # noqa: ARG002
        cloudformation_json: Mapping[str, Any],  # noqa: ARG002
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> Any:
        from moto.cloudformation.exceptions import ValidationError  # noqa: PLC0415 - loaded by now

        _run.get().concerns(account_id, region_name, kwargs["StackId"])
        raise ValidationError(message=f"mock_jobs does not emulate resources of type {self._name}")


def _finding_not_emulated(find: Callable[[str], Any], table: Mapping[str, Any]) -> Callable[[str], Any]:
    """Return moto's function for the model class of a type, with the types that fail their stacks."""

    def find_class(resource_type: str) -> Any:
        if _run.get(None) is None:
            # A request in another thread, outside of `stack_run`: only moto answers it, or warns.
            found = find(resource_type)
            return found.replaced if isinstance(found, _InMotosTable) else found
        is_made = resource_type in table or not is_not_emulated(resource_type)
        return find(resource_type) if is_made else _NotEmulated(resource_type)

    return find_class


_users = 0
_put_back = ExitStack()


def _open() -> None:
    global _users  # noqa: PLW0603 - counts the threads that are in
    from moto.cloudformation import parsing  # noqa: PLC0415 - loads many services, which stacks need

    with registry_lock:
        _users += 1
        if _users == 1:
            table: dict[str, Any] = parsing.get_model_map()
            find = parsing.resource_class_from_type
            parsing.resource_class_from_type = _finding_not_emulated(find, table)  # type: ignore[assignment]  # duck typed
            _put_back.callback(setattr, parsing, "resource_class_from_type", find)
            for kind in RESOURCE_TYPES:
                # moto does not have all of them.
                replaced = table.get(kind.name)
                table[kind.name] = _InMotosTable(kind, replaced)
                if replaced is None:
                    _put_back.callback(table.__delitem__, kind.name)
                else:
                    _put_back.callback(table.__setitem__, kind.name, replaced)


def _close() -> None:
    global _users  # noqa: PLW0603
    with registry_lock:
        _users -= 1
        if _users == 0:
            _put_back.close()


@contextmanager
def stack_run(send: Send) -> Iterator[StackRun]:
    """Keep our resource types in moto's table while moto answers one request for CloudFormation.

    Args:
        send: Sends requests to our services.

    Yields:
        The run; set `has_succeeded` once moto has answered without an error.
    """
    _open()
    run = StackRun(send)
    token = _run.set(run)
    try:
        yield run
    finally:
        try:
            if run.has_succeeded:
                run.succeed()
            else:
                run.roll_back()
        finally:
            _run.reset(token)
            _close()
