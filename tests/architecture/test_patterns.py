"""Patterns that never give back are left to the `regex` package: the standard one mistakes them before Python 3.11.5."""

import importlib
import pkgutil
import re
from re import _constants as constants
from re import _parser as parser
from typing import Any

import pytest

PACKAGES = ("hypercare", "feedback", "gateway_ingest", "triage")
NEVER_GIVE_BACK = {constants.POSSESSIVE_REPEAT, constants.ATOMIC_GROUP}


def operations(parsed: Any) -> set[Any]:
    """Every operation in a parsed pattern, however deep."""
    if isinstance(parsed, parser.SubPattern | list | tuple):
        return {operation for part in parsed for operation in operations(part)}
    return {parsed} if isinstance(parsed, constants._NamedIntConstant) else set()


def modules(package: str) -> list[str]:
    """Names of all modules of a package but its migrations and commands."""
    root = importlib.import_module(package)
    found = [info.name for info in pkgutil.walk_packages(root.__path__, f"{package}.") if not info.ispkg]
    return [name for name in found if not {"migrations", "management", "settings"} & set(name.split("."))]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_pattern_of_the_standard_library_is_possessive(package):
    wrong = []
    for name in modules(package):
        module = importlib.import_module(name)
        for label, value in vars(module).items():
            if isinstance(value, re.Pattern) and operations(parser.parse(value.pattern)) & NEVER_GIVE_BACK:
                wrong.append(f"{name}.{label}")
    assert not wrong


def test_this_test_would_see_one():
    assert operations(parser.parse("(?:a(b++))")) & NEVER_GIVE_BACK
