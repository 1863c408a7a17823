"""This module works out a launch's own score from a formula that a person wrote: arithmetic over named figures, nothing else."""

import ast
import math
from collections.abc import Callable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simpleeval import DEFAULT_OPERATORS, InvalidExpression, SimpleEval

from hypercare.core.problem import Problem, wrong

MAX_LENGTH = 400
# What a formula may name, each with what it is.
NAMES: dict[str, str | Promise] = {
    "reach": gettext_lazy("people or consumers reached, at least 1"),
    "impact": gettext_lazy("0.25 to 3"),
    "confidence": gettext_lazy("0 to 1"),
    "effort": gettext_lazy("person-weeks"),
    "rice": gettext_lazy("reach x impact x confidence / effort"),
    "severity": gettext_lazy("1 (worst) to 5"),
    "reports": gettext_lazy("signals in all"),
    "value": gettext_lazy("business value, 0 to 10"),
    "rpn": gettext_lazy("risk priority number, 1 to 1,000"),
    "blocks": gettext_lazy("exit criteria it keeps from being met"),
    "age_days": gettext_lazy("days since it was opened"),
}
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "sqrt": math.sqrt,
    "log": math.log,
    "log10": math.log10,
    "round": round,
}
# Powers and shifts could make numbers of any size.
_REFUSED = {"Pow", "LShift", "RShift", "BitXor", "BitOr", "BitAnd", "Invert", "Mod", "In", "NotIn"}
_OPERATORS = {node: does for node, does in DEFAULT_OPERATORS.items() if node.__name__ not in _REFUSED}
_SAMPLES = (
    dict.fromkeys(NAMES, 1.0),
    dict.fromkeys(NAMES, 0.0) | {"reach": 1.0, "effort": 0.1, "severity": 5.0, "impact": 0.25},
    dict.fromkeys(NAMES, 10.0) | {"reach": 10_000.0, "severity": 1.0},
)


def worked_out(formula: str, figures: Mapping[str, float]) -> float:
    """The formula's value; raises Problem 400 with what is wrong with it, beside its field."""
    try:
        parsed = ast.parse(formula, mode="eval").body
        simple = SimpleEval(operators=_OPERATORS, functions=_FUNCTIONS, names=dict(figures))
        value = simple.eval(formula, previously_parsed=parsed)
    except ZeroDivisionError as error:
        raise _wrong(_("This divides by zero for some issues; write for example max(effort, 0.1).")) from error
    except (InvalidExpression, SyntaxError, ArithmeticError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _wrong(_("This cannot be worked out: %(why)s.") % {"why": str(error).rstrip(".")[:200]}) from error
    except (RecursionError, MemoryError) as error:
        raise _wrong(_("This is nested too deep.")) from error
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _wrong(_("This gives no number for some issues."))
    return float(value)


def check(formula: str) -> str:
    """The formula in one line; raises Problem 400 where it cannot be worked out for issues large or small."""
    line = " ".join(formula.split())
    if len(line) > MAX_LENGTH:
        raise _wrong(_("Write at most %(limit)s characters.") % {"limit": MAX_LENGTH})
    if line:
        for sample in _SAMPLES:
            worked_out(line, sample)
    return line


def _wrong(detail: str) -> Problem:
    known = _("It may name %(names)s, use + - * / and min, max, abs, sqrt, log, log10, round.")
    said = f"{detail} {known % {'names': ', '.join(NAMES)}}"
    return wrong("/formula", said)
