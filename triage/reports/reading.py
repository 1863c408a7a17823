"""This module puts a report's figures into words, in the reader's language: for the page, the mail and the subject."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, number_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hypercare.core.lapse import lapse
from hypercare.core.plain_numbers import plain_number
from hypercare.core.templatetags.hypercare_ui import CATEGORY_WORDS, percent_of
from triage.models import CriterionState, IssueStatus
from triage.reports.verdict import Verdict
from triage.times.measures import MEASURES

CELLS = {
    CriterionState.MET: "y",
    CriterionState.HOLDING: "h",
    CriterionState.FAILED: "r",
    CriterionState.NO_DATA: "n",
}
MINUTE, HOUR, DAY = 60, 3600, 86400


@dataclass(frozen=True)
class Delta:
    """A change in words, and whether it is for the better."""

    text: str
    tone: str


@dataclass(frozen=True)
class Tile:
    """One of the five numbers: its name, its figures and how they changed."""

    label: str
    parts: list[str]
    deltas: list[Delta]


@dataclass(frozen=True)
class Reading:
    """A report in words."""

    figures: dict[str, Any]
    verdict: Verdict
    launch: str
    day: date
    number: int
    planned: int
    title: str
    period: str
    tiles: list[Tile]
    more: list[str]
    met: int
    total: int
    blocking: list[str]
    cells: list[tuple[int, str]]
    cells_width: int
    exit: list[dict[str, Any]]
    top: list[dict[str, Any]]
    closed: list[dict[str, Any]]
    themes: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    since: list[str]


def read(figures: dict[str, Any]) -> Reading:
    """The report that these figures tell."""
    day = date.fromisoformat(figures["day"])
    criteria = figures["exit"]
    met = [one for one in criteria if one["state"] == CriterionState.MET]
    return Reading(
        figures=figures,
        verdict=Verdict(**figures["verdict"]),
        launch=figures["launch"],
        day=day,
        number=figures["number"],
        planned=figures["planned"],
        title=_("%(launch)s, hypercare day %(number)s of %(planned)s, %(date)s")
        % figures_and(figures, date=date_format(day, "l j F Y")),
        period=_("from %(begin)s to %(end)s, %(zone)s")
        % {"begin": moment(figures, "begin"), "end": moment(figures, "end"), "zone": figures["zone"]},
        tiles=_tiles(figures),
        more=_more(figures),
        met=len(met),
        total=len(criteria),
        blocking=[one["code"] for one in criteria if one["state"] != CriterionState.MET],
        cells=[(14 * place, CELLS[CriterionState(one["state"])]) for place, one in enumerate(criteria)],
        cells_width=14 * len(criteria) - 2,
        exit=[one | {"state": CriterionState(one["state"]).label, "met": one in met} for one in criteria],
        top=[_issue(issue) for issue in figures["top"]],
        closed=figures["closed"],
        themes=[_theme(theme) for theme in figures["themes"]],
        changes=[change | {"at": moment_of(change["at"], figures)} for change in figures["changes"]],
        since=_since(figures),
    )


def subject_of(figures: dict[str, Any]) -> str:
    """The mail's subject, for example “[Shop] Day 9 of 20 - AMBER - 1 SEV2, exit 1/3 met”."""
    numbers = figures["numbers"]
    critical = [f"{numbers[f'sev{severity}']} SEV{severity}" for severity in (1, 2) if numbers[f"sev{severity}"]]
    met = sum(one["state"] == CriterionState.MET for one in figures["exit"])
    return _(
        "[%(launch)s] Day %(number)s of %(planned)s - %(word)s - %(critical)s, exit %(met)s/%(total)s met"
    ) % figures_and(
        figures,
        word=Verdict(**figures["verdict"]).word,
        critical=", ".join(critical) or _("no SEV1 or SEV2"),
        met=met,
        total=len(figures["exit"]),
    )


def figures_and(figures: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The report's plain facts for a sentence, with more of them."""
    return {name: figures[name] for name in ("launch", "number", "planned")} | more


def moment(figures: dict[str, Any], name: str) -> str:
    """One of the report's moments by the launch's clock."""
    return moment_of(figures[name], figures)


def moment_of(text: str, figures: dict[str, Any]) -> str:
    """A moment by the launch's clock: the hour, with its date unless it is the report's own day."""
    local = datetime.fromisoformat(text).astimezone(ZoneInfo(figures["zone"]))
    hour = time_format(local.time(), "H:i")
    return hour if local.date().isoformat() == figures["day"] else f"{date_format(local.date(), 'j M')} {hour}"


def duration(seconds: float) -> str:
    """A duration for people: 4 s, 6 min, 3 h 10 min, 2 days."""
    if seconds < MINUTE:
        return _("%(n)s s") % {"n": plain_number(round(seconds, 1 if seconds < 10 else 0))}
    if seconds < HOUR:
        return _("%(n)s min") % {"n": round(seconds / MINUTE)}
    if seconds < DAY:
        return _("%(h)s h %(m)s min") % {"h": int(seconds // HOUR), "m": int(seconds % HOUR // MINUTE)}
    return ngettext("%(n)s day", "%(n)s days", int(seconds // DAY)) % {"n": int(seconds // DAY)}


def _tiles(figures: dict[str, Any]) -> list[Tile]:
    numbers, change, oldest = figures["numbers"], figures["change"], figures["oldest"]
    waited = numbers["triage_seconds"]
    days = ngettext("%(n)s day", "%(n)s days", oldest["days"]) % {"n": oldest["days"]} if oldest else "–"
    return [
        Tile(
            _("Open SEV1, 2, 3"),
            [str(numbers[f"sev{severity}"]) for severity in (1, 2, 3)],
            [
                delta
                for severity in (1, 2, 3)
                for delta in _delta(change.get(f"sev{severity}"), more="is-bad", name=f"SEV{severity} ")
            ],
        ),
        Tile(
            _("New, closed"),
            [str(numbers["new"]), str(numbers["closed"])],
            _delta(change.get("new"), more="is-bad", name=_("new") + " ")
            + _delta(change.get("closed"), more="is-good", name=_("closed") + " "),
        ),
        Tile(_("Reports by people"), [str(numbers["reports"])], _delta(change.get("reports"), more="")),
        Tile(_("Median to triage"), ["–" if waited is None else duration(waited)], []),
        Tile(_("Oldest open"), [days], [Delta(oldest["key"], "")] if oldest else []),
    ]


def _since(figures: dict[str, Any]) -> list[str]:
    """What is different from the report before, in sentences."""
    before = figures["before"]
    if not before:
        return []
    lines = []
    colour = figures["verdict"]["colour"]
    if colour != before["colour"]:
        words = {"old": Verdict(before["colour"], "").word, "new": Verdict(colour, "").word}
        lines.append(_("The verdict went from %(old)s to %(new)s") % words)
    met = {one["code"] for one in figures["exit"] if one["state"] == CriterionState.MET}
    lines += [_("%(code)s is met") % {"code": code} for code in sorted(met - set(before["met"]))]
    lines += [_("%(code)s is no longer met") % {"code": code} for code in sorted(set(before["met"]) - met)]
    lines += [delta.text for tile in _tiles(figures)[:1] for delta in tile.deltas]
    return lines


def _delta(change: float | None, *, more: str, name: str = "") -> list[Delta]:
    if not change:
        return []
    opposite = {"is-bad": "is-good", "is-good": "is-bad", "": ""}
    sign = "+" if change > 0 else "−"
    return [Delta(f"{name}{sign}{number_format(abs(change))}", more if change > 0 else opposite[more])]


def _more(figures: dict[str, Any]) -> list[str]:
    numbers = figures["numbers"]
    lines = [
        ngettext("%(n)s issue open in all", "%(n)s issues open in all", numbers["open"]) % {"n": numbers["open"]},
        _("SEV4 %(sev4)s, SEV5 %(sev5)s") % numbers,
        ngettext("%(n)s alert firing", "%(n)s alerts firing", numbers["alerts"]) % {"n": numbers["alerts"]},
    ]
    if numbers["error_alerts"]:
        lines.append(_("%(n)s of them critical or high") % {"n": numbers["error_alerts"]})
    if numbers["snoozed"]:
        lines.append(_("%(n)s snoozed") % {"n": numbers["snoozed"]})
    if aside := numbers.get("set_aside"):
        lines.append(_("%(n)s set aside as spam or noise, not decided on") % {"n": aside})
    lines += _times(figures.get("times"))
    refused = numbers["refused_messages"]
    if refused:
        lines.append(ngettext("%(n)s message not accepted", "%(n)s messages not accepted", refused) % {"n": refused})
    return lines


def _times(times: dict[str, Any] | None) -> list[str]:
    """How long things took, where the report has that, and what came back or is late."""
    if times is None:
        return []
    lines = []
    for name, told in times["week"].items():
        words = {"what": str(MEASURES[name].label), "short": MEASURES[name].short, "n": told["n"]}
        if told["median"] is not None:
            words |= {"time": lapse(timedelta(seconds=told["median"])), "p90": lapse(timedelta(seconds=told["p90"]))}
            lines.append(
                _("%(what)s (%(short)s) in 7 days: %(time)s in the middle, nine of ten within %(p90)s, n %(n)s") % words
            )
        else:
            lines.append(_("%(what)s (%(short)s) in 7 days: too few to tell, n %(n)s") % words)
    lines.append(ngettext("%(n)s reopened", "%(n)s reopened", times["returned"]) % {"n": times["returned"]})
    if times["responses"]:
        lines.append(
            _("%(part)s of %(of)s first responses in time") % {"part": times["in_time"], "of": times["responses"]}
        )
    lines.append(_("%(late)s late, %(risk)s about to be") % {"late": times["late"], "risk": times["at_risk"]})
    return lines


def _issue(issue: dict[str, Any]) -> dict[str, Any]:
    return issue | {"reach": _reach(issue), "status_word": IssueStatus(issue["status"]).label}


def _reach(issue: dict[str, Any]) -> str:
    """How many people reported it; a share of nobody would sound as if somebody had counted."""
    if not issue["reach"]:
        return _("none reported")
    reach = number_format(issue["reach"])
    if issue["at_least"]:
        reach = _("at least %(n)s") % {"n": reach}
    return f"{reach}, {percent_of(issue['reach'], issue['reach_of'])}" if issue["reach_of"] else reach


def _theme(theme: dict[str, Any]) -> dict[str, Any]:
    return theme | {
        "name": CATEGORY_WORDS.get(theme["category"], theme["category"]),
        "deltas": _delta(theme["change"], more="is-bad"),
    }
