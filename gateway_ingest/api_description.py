"""This module reads an OpenAPI file into its operations, and tells which of them a route belongs to.

YAML is read without tags, anchors and deep nesting, so that a small file can neither run code nor grow without end.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import yaml
from django.utils.translation import gettext as _

from gateway_ingest.routes import route_of
from hypercare.core import strict_json

MAX_BYTES = 2 * 1024 * 1024
MAX_OPERATIONS = 5000
MAX_DEPTH = 64
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_LARGEST_NUMBER = 1e15
# Names that no part of a path has: that of any parameter, and that of the operation itself.
_PLACE, _END = "{}", "/"
_Tree = dict[str, Any]
_PARAMETER = re.compile(r"\{[^{}]*\}")
# Every value stays the text it is: numbers, dates and the like are ways to make a reader work, and nothing here needs them.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class DescriptionError(ValueError):
    """What keeps a file from being read; a sentence for who uploaded it."""


@dataclass(frozen=True)
class Operation:
    """One method of one path; `path` is folded as the routes of calls are, parameters in braces."""

    method: str
    path: str
    deprecated: bool = False

    @property
    def name(self) -> str:
        """For example `GET /orders/{id}`."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Description:
    """What a file says of an API."""

    title: str
    version: str
    operations: list[Operation]


def read(content: bytes) -> Description:
    """The operations of an OpenAPI 3 or Swagger 2 file in JSON or YAML; raises DescriptionError."""
    if len(content) > MAX_BYTES:
        raise DescriptionError(_("The file has more than 2 MB."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DescriptionError(_("The file is not UTF-8.")) from None
    document = _json(content) if text.lstrip()[:1] == "{" else _yaml(text)
    if not isinstance(document, dict):
        raise DescriptionError(_("The file holds no object with “openapi” and “paths”."))
    version = _line(document.get("openapi") or document.get("swagger"))
    if not version.startswith(("3.", "2.0")):
        raise DescriptionError(_("“openapi” must be 3.0 or 3.1 (or “swagger” 2.0); it is “%(version)s”.")
            % {"version": version[:20]})  # fmt: skip
    paths = document.get("paths")
    if not isinstance(paths, dict) or not paths:
        raise DescriptionError(_("“paths” is missing or empty."))
    operations = list(_operations(paths, _prefixes(document)))
    if not operations:
        raise DescriptionError(_("No path has an operation such as “get” or “post”."))
    if len(operations) > MAX_OPERATIONS:
        raise DescriptionError(_("There are more than %(limit)d operations.") % {"limit": MAX_OPERATIONS})
    info = document.get("info")
    about = info if isinstance(info, dict) else {}
    return Description(_line(about.get("title")) or _("API"), _line(about.get("version"))[:80], operations)


def _json(content: bytes) -> Any:
    try:
        return strict_json.parse(content, max_bytes=MAX_BYTES)
    except strict_json.BadJson as error:
        raise DescriptionError(error.detail) from None


def _yaml(text: str) -> Any:
    try:
        _check_events(text)
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 - makes texts, lists and objects only
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        said = {"line": mark.line + 1 if mark else 1, "problem": str(error.problem or error.context)[:200]}
        raise DescriptionError(_("Line %(line)d is no valid YAML: %(problem)s.") % said) from None
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        raise DescriptionError(_("This is no valid YAML: %(problem)s.") % {"problem": str(error)[:200]}) from None


def _check_events(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if getattr(event, "tag", None):
            raise DescriptionError(_("Line %(line)d uses a tag (!name); write the value plainly.") % {"line": line})
        if isinstance(event, yaml.AliasEvent):
            raise DescriptionError(
                _("Line %(line)d uses an alias (*name); write the part out instead.") % {"line": line}
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise DescriptionError(_("Line %(line)d is nested deeper than %(limit)d levels.")
                % {"line": line, "limit": MAX_DEPTH})  # fmt: skip


def _prefixes(document: Mapping[str, Any]) -> list[str]:
    """The paths that stand before all others: of each server, or Swagger's basePath."""
    servers = document.get("servers")
    addresses = (
        [server.get("url") for server in servers if isinstance(server, dict)] if isinstance(servers, list) else []
    )
    if isinstance(base := document.get("basePath"), str):
        addresses.append(base)
    found = [_path_of(address) for address in addresses if isinstance(address, str)]
    return list(dict.fromkeys(found))[:5] or [""]


def _path_of(address: str) -> str:
    try:
        path = urlsplit(address).path
    except ValueError:
        return ""
    return "" if path == "/" else path.rstrip("/")[:200]


def _operations(paths: Mapping[Any, Any], prefixes: list[str]) -> Iterable[Operation]:
    for path, item in paths.items():
        if not isinstance(path, str) or not path.startswith("/") or not isinstance(item, dict):
            continue
        for method in _METHODS:
            if isinstance(operation := item.get(method), dict):
                is_old = operation.get("deprecated") in (True, "true", "True")
                for prefix in prefixes:
                    yield Operation(method.upper(), _folded(prefix + path), is_old)


def _folded(path: str) -> str:
    """A parameter whatever its name stays in braces; fixed parts fold as those of calls do."""
    return route_of(_PARAMETER.sub("{id}", path))[:200]


def _line(value: object) -> str:
    """A text or an ordinary number in one line."""
    is_number = isinstance(value, int | float) and abs(value) < _LARGEST_NUMBER
    return " ".join(str(value).split())[:200] if isinstance(value, str) or is_number else ""


class Operations:
    """Operations as a tree by method and parts of the path, so that a route's is found at once among thousands."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._tree: _Tree = {}
        for each in operations:
            node = self._tree
            for part in (each.method, *each.path.rstrip("/").split("/")):
                node = node.setdefault(_PLACE if "{" in part else part, {})
            node.setdefault(_END, each)

    def of(self, method: str, route: str) -> Operation | None:
        """The operation a route belongs to; fixed parts win over parameters, and HEAD belongs to GET."""
        wanted = "GET" if method == "HEAD" else method
        found = _ends(self._tree, [wanted, *route.removesuffix("/").split("/")])
        return min(found, key=lambda each: each.path.count("{"), default=None)


def _ends(node: _Tree, parts: list[str]) -> Iterator[Operation]:
    """Where the parts lead; a parameter takes any part that is not empty."""
    if not parts:
        yield from (node[_END],) if _END in node else ()
        return
    for name in (parts[0], _PLACE) if parts[0] else ("",):
        if name in node:
            yield from _ends(node[name], parts[1:])
