"""This module fetches what a key such as IS-12 names, for a person: fetching is the permission check."""

import re
from typing import TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from hypercare.core.access import Principal, check
from hypercare.core.problem import Problem, not_found
from hypercare.core.roles import Right

Row = TypeVar("Row", bound=Model)

_KEY = re.compile(r"([A-Z]{2})-([1-9][0-9]{0,17})")


def named(rows: QuerySet[Row], key: str, prefix: str, *, by: Principal, right: Right) -> Row:
    """The row, which has a launch: 404 for no such key and for another launch's, 403 where the right is missing."""
    absent = not_found(_("There is no %(key)s here for you.") % {"key": key[:40]})
    found = _KEY.fullmatch(key)
    row = rows.filter(pk=int(found[2])).first() if found and found[1] == prefix else None
    if row is None:
        raise absent
    try:
        check(by, row.launch, right=right)  # type: ignore[attr-defined]  # as every row that has a key
    except Problem as problem:
        raise (absent if problem.status == 404 else problem) from None
    return row
