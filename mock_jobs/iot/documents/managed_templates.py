"""The job templates that AWS provides, as data.

Source: developer guide, "Create a job from an AWS managed template": names, versions, environments, parameters, their regular
expressions and the shape of the documents (documented). The descriptions and examples of the parameters are inferred.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

_ANYTHING: Final = "(.*?)"


@dataclass(frozen=True, slots=True)
class TemplateParameter:
    """A parameter of a template that AWS provides.

    Attributes:
        key: Its name.
        description: What it is for.
        regex: What its value must match.
        example: A value.
        is_optional: Whether it may be left out.
    """

    key: str
    description: str
    regex: str
    example: str
    is_optional: bool = False

    @property
    def placeholder(self) -> str:
        """The placeholder for its value in the document."""
        return f"${{aws:iot:parameter:{self.key}}}"


_HANDLER_PATH: Final = TemplateParameter(
    "pathToHandler", "Path to the handler on the device.", "(.){0,4096}", "/path/to/handler", is_optional=True
)
_USER: Final = TemplateParameter(
    "runAsUser", "User that the handler or the command runs as.", "(.){0,256}", "user1", is_optional=True
)


@dataclass(frozen=True, slots=True)
class ManagedTemplate:
    """A template that AWS provides.

    Attributes:
        name: Its name.
        description: Its description.
        action: Name of the one action of its document.
        handler: The script that performs the action on the device; None if a parameter gives the command instead.
        required: The parameters that a job must give, in the order of the handler's arguments.
        version: Its version.
        environments: Environments that it runs on.
    """

    name: str
    description: str
    action: str
    handler: str | None
    required: tuple[TemplateParameter, ...] = ()
    version: str = "1.0"
    environments: tuple[str, ...] = ("LINUX",)

    @property
    def parameters(self) -> tuple[TemplateParameter, ...]:
        """All parameters, the required ones first."""
        return (*self.required, *(() if self.handler is None else (_HANDLER_PATH,)), _USER)

    def document(self, without: Collection[str] = ()) -> str:
        """Return the document, with placeholders for its parameters.

        Args:
            without: Keys of optional parameters; the members that hold them are left out. Source: inferred.
        """
        if self.handler is None:
            given: dict[str, object] = {each.key: each.placeholder for each in self.required}
        else:
            given = {"handler": self.handler}
            if self.required:
                given["args"] = [each.placeholder for each in self.required]
            if _HANDLER_PATH.key not in without:
                given["path"] = _HANDLER_PATH.placeholder
        kind = "runCommand" if self.handler is None else "runHandler"
        action: dict[str, object] = {"name": self.action, "type": kind, "input": given}
        if _USER.key not in without:
            action["runAsUser"] = _USER.placeholder
        return json.dumps({"version": "1.0", "steps": [{"action": action}]}, separators=(",", ":"))


def _template(action: str, purpose: str, handler: str | None, *required: TemplateParameter) -> ManagedTemplate:
    return ManagedTemplate(f"AWS-{action}", f"A managed job template for {purpose}.", action, handler, required)


def _required(key: str, description: str, example: str) -> TemplateParameter:
    return TemplateParameter(key, description, _ANYTHING, example)


_PACKAGES: Final = _required("packages", "Space-separated list of one or more applications.", "nginx git")
_SERVICES: Final = _required("services", "Space-separated list of one or more services.", "nginx sshd")

MANAGED_TEMPLATES: Final[Mapping[str, ManagedTemplate]] = {
    each.name: each
    for each in (
        _template(
            "Download-File",
            "downloading a file",
            "download-file.sh",
            _required("downloadUrl", "URL of the file, or a placeholder for a presigned one.", "https://example.com/file"),
            _required("filePath", "Path on the device where the file is kept.", "/path/to/file"),
        ),
        _template("Install-Application", "installing one or more applications", "install-packages.sh", _PACKAGES),
        _template("Reboot", "rebooting the device", "reboot.sh"),
        _template("Remove-Application", "uninstalling one or more applications", "remove-packages.sh", _PACKAGES),
        _template("Restart-Application", "stopping and restarting one or more services", "restart-services.sh", _SERVICES),
        _template(
            "Run-Command",
            "running a shell command",
            None,
            _required("command", "Comma-separated words of the command; a comma within a word is escaped.", "echo,hello"),
        ),
        _template("Start-Application", "starting one or more services", "start-services.sh", _SERVICES),
        _template("Stop-Application", "stopping one or more services", "stop-services.sh", _SERVICES),
    )
}
"""The templates by name, in the order of their names."""
