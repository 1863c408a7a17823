"""This module puts what the rows know of an incident into the sections of its review, each with where it comes from.

What nothing was measured of is said to be not measured; a section that only people can write stays empty.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.formats import date_format, number_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hypercare.core.clock import in_zone
from hypercare.core.lapse import lapse
from hypercare.core.templatetags.hypercare_ui import percent_of, resolution_word, severity_word, status_word
from triage.models import Word
from triage.review.analysis import Analysis
from triage.review.incident import Incident
from triage.warroom.calling_out import Said
from triage.warroom.moments import Moment
from triage.warroom.telling import Told

# Sooner than this is soon, and later than this is late, from the first failure until somebody knew.
KNOWN_SOON, KNOWN_LATE = timedelta(minutes=5), timedelta(minutes=15)
KEPT_WORDS = 140


@dataclass(frozen=True)
class Facts:
    """What the rows say for one section, in Markdown, and where it comes from."""

    text: str = ""
    source: str = ""


def prefilled(incident: Incident, analysis: Analysis | None = None) -> dict[str, Facts]:
    """The facts of every section, in the language that is active."""
    return {name: write(incident, analysis) for name, write in _WRITERS.items()}


def _overview(incident: Incident, _analysis: Analysis | None) -> Facts:
    issue, found = incident.issue, incident.moments
    named = {
        "severity": f"SEV{issue.severity} {severity_word(issue.severity)}",
        "title": issue.title.strip().rstrip("."),
        "key": issue.key,
        "component": issue.component.name if issue.component else "",
    }
    first = _("%(severity)s: %(title)s (%(key)s).")
    if issue.component:
        first = _("%(severity)s in %(component)s: %(title)s (%(key)s).")
    parts = [first % named]
    if found.begun:
        parts.append(_("It began %(at)s.") % {"at": _at(incident, found.begun.at)})
    if found.begun and incident.ended_at:
        took = lapse(incident.ended_at - found.begun.at)
        parts.append(_("It was over for the people concerned after %(time)s.") % {"time": took})
    else:
        parts.append(_("It stands at “%(status)s”.") % {"status": status_word(issue.status)})
    return Facts(" ".join(parts), _("From the issue %(key)s.") % {"key": issue.key})


def _what_happened(incident: Incident, analysis: Analysis | None) -> Facts:
    symptom = [analysis.symptom] if analysis and analysis.symptom else []
    said = [one.sentence + "." for one in incident.call_outs]
    return Facts("\n\n".join(filter(None, [*symptom, _bullets(said)])), _computed_from(incident.call_outs))


def _contributing_factors(incident: Incident, analysis: Analysis | None) -> Facts:
    if analysis:
        lines = [*analysis.causes, *_named(_("Cause code"), analysis.codes)]
        lines += _named(_("Why it was missed"), analysis.why_missed)
        return Facts(_bullets(lines), analysis.source)
    after = next((one for one in incident.call_outs if one.name == "after_deployment"), None)
    if after is None:
        return Facts()
    near = _("%(sentence)s. Near in time, which alone is no cause.") % {"sentence": after.sentence}
    return Facts(_bullets([near]), _("From the deployment %(key)s.") % {"key": after.start_key})


def _named(name: str, values: tuple[str, ...]) -> list[str]:
    return [f"{name}: {', '.join(values)}"] if values else []


def _resolution(incident: Incident, _analysis: Analysis | None) -> Facts:
    lines = []
    if incident.issue.resolution:
        lines.append(_("Closed as: %(word)s.") % {"word": resolution_word(incident.issue.resolution)})
    for fix in incident.fixes:
        said = fix.verdict or _("not measured")
        lines.append(_("%(version)s, deployed %(at)s; live traffic: %(verdict)s.") % {
            "version": fix.version, "at": _at(incident, fix.deployed_at), "verdict": said})  # fmt: skip
    if incident.known and incident.known.workaround:
        lines.append(_("Way around it: %(text)s") % {"text": incident.known.workaround})
    lines += [_("Decided: %(text)s") % {"text": text} for text in incident.decisions]
    return Facts(_bullets(lines), _("From its deployments, decisions and public words.") if lines else "")


def _impact(incident: Incident, _analysis: Analysis | None) -> Facts:
    lines = [
        _("%(minutes)s minutes as SEV%(severity)s") % {"minutes": _count(seconds / 60), "severity": severity}
        for severity, seconds in sorted(incident.seconds_at.items())
    ]
    lines += [_requests(incident), _reached(incident), _signals(incident)]
    return Facts(_bullets(lines), _impact_source(incident))


def _requests(incident: Incident) -> str:
    counted = incident.requests
    if counted is None:
        return _("Requests failed: not measured")
    return _("Requests failed: %(failed)s of %(called)s (%(share)s)") % {
        "failed": _count(counted.failures), "called": _count(counted.calls), "share": percent_of(counted.share, 1)}  # fmt: skip


def _reached(incident: Incident) -> str:
    issue = incident.issue
    if not incident.is_measured:
        return _("Users affected: not measured; %(n)s by their own reports") % {"n": _count(issue.reach_value)}
    return _("Users affected: %(n)s of %(of)s (%(share)s), measured in traffic") % {
        "n": _count(issue.reach_value), "of": _count(issue.reach_of or 0),
        "share": percent_of(issue.reach_value, issue.reach_of)}  # fmt: skip


def _signals(incident: Incident) -> str:
    reports = ngettext("%(n)s report by people", "%(n)s reports by people", incident.reports) % {"n": incident.reports}
    alerts = ngettext("%(n)s alert", "%(n)s alerts", incident.alerts) % {"n": incident.alerts}
    return f"{reports}, {alerts}"


def _impact_source(incident: Incident) -> str:
    if incident.requests is None:
        return _("Until it was over: from the issue's scores and reports; no failed call in the traffic belongs to it.")
    return _("Until it was over: from the issue's scores and reports, and from its calls in the traffic.")


def _responders(incident: Incident, _analysis: Analysis | None) -> Facts:
    if not incident.room_key:
        return Facts()
    lines = [f"{role}: {name}" for role, name in incident.roles]
    others = [name for name in incident.came if name not in {taken for _role, taken in incident.roles}]
    if others:
        lines.append(_("Also there: %(names)s") % {"names": ", ".join(others)})
    source = _("From the roles and the attendance of the room %(key)s.") % {"key": incident.room_key}
    return Facts(_bullets(lines), source if lines else "")


def _timeline(incident: Incident, _analysis: Analysis | None) -> Facts:
    found = incident.moments
    public = _at(incident, incident.public_at) if incident.public_at else _("nobody outside was told")
    anchors = [
        (_("Cause began"), _moment(incident, found.begun)),
        (_("Detected"), _moment(incident, found.detected)),
        (_("Paged"), _("not measured")),
        (_("Taken up"), _moment(incident, found.taken_up)),
        (_("Public"), public),
        (_("Mitigated"), _moment(incident, found.mitigated)),
        (_("End"), _moment(incident, found.ended)),
    ]
    lines = [_line(incident, line) for line in incident.lines]
    if incident.more_lines:
        lines.append(_("The rest is in the timeline of the issue."))
    text = "\n\n".join(filter(None, [_bullets([f"**{name}**: {said}" for name, said in anchors]), _bullets(lines)]))
    return Facts(text, _("From the timeline of the issue, its room, its deployments and the traffic."))


def _moment(incident: Incident, moment: Moment | None) -> str:
    if moment is None:
        return _("not measured")
    named = ", ".join(filter(None, (_short(moment.words), moment.key)))
    return f"{_at(incident, moment.at)}{f' ({named})' if named else ''}"


def _line(incident: Incident, line: Told) -> str:
    said = ": ".join(filter(None, (_short(line.words), _short(line.detail))))
    who = f" ({line.who})" if line.source not in {"traffic", "report", "alert"} else ""
    return f"{_at(incident, line.at)} {said}{who}"


def _short(text: str) -> str:
    """Its beginning, without the full stop that others would follow."""
    return Truncator(_one_line(text).rstrip(".")).chars(KEPT_WORDS)


def _went_well(incident: Incident, _analysis: Analysis | None) -> Facts:
    by_name = {one.name: one for one in incident.call_outs}
    lines = [one.sentence + "." for one in _soon(by_name)]
    lines += [
        _("Live traffic shows that %(version)s fixed it.") % {"version": fix.version}
        for fix in incident.fixes
        if fix.word == Word.VERIFIED
    ]
    if incident.updates and not incident.late_updates:
        lines.append(
            ngettext("%(n)s update was told, in time.", "%(n)s updates were told, all in time.", incident.updates)
            % {"n": incident.updates}
        )
    return Facts(_bullets(lines), _computed_from(incident.call_outs) if lines else "")


def _soon(by_name: dict[str, Said]) -> list[Said]:
    known, lag = by_name.get("detected"), by_name.get("report_lag")
    found = [known] if known and known.seconds <= KNOWN_SOON.total_seconds() else []
    return found + ([lag] if lag and lag.seconds >= 0 else [])


def _went_less_well(incident: Incident, _analysis: Analysis | None) -> Facts:
    by_name = {one.name: one for one in incident.call_outs}
    lines = [one.sentence + "." for one in _late(by_name)]
    if incident.reports and not incident.alerts:
        lines.append(_("No alert told of it; people had to."))
    counted = [
        (incident.late_updates, _("Updates that were overdue: %(n)s.")),
        (incident.late_promises, _("Actions that were overdue: %(n)s.")),
    ]
    lines += [said % {"n": number} for number, said in counted if number]
    lines += [
        _("%(version)s did not fix it: %(verdict)s.") % {"version": fix.version, "verdict": fix.verdict}
        for fix in incident.fixes
        if fix.word in {Word.NOT_FIXED, Word.SIDE_EFFECT, Word.TAKEN_BACK}
    ]
    return Facts(_bullets(lines), _computed_from(incident.call_outs) if lines else "")


def _late(by_name: dict[str, Said]) -> list[Said]:
    known, lag = by_name.get("detected"), by_name.get("report_lag")
    found = [known] if known and known.seconds > KNOWN_LATE.total_seconds() else []
    return found + ([lag] if lag and lag.seconds < 0 else [])


def _internal_message(incident: Incident, analysis: Analysis | None) -> Facts:
    parts = [_overview(incident, analysis).text]
    if analysis and analysis.causes:
        causes = "; ".join(cause.rstrip(". ") for cause in analysis.causes)
        parts.append(_("The cause: %(text)s") % {"text": causes} + ".")
    parts.append(_("What we learnt and what we do about it is in the review of %(key)s.") % {"key": incident.issue.key})
    return Facts(" ".join(parts), _("Drafted from the overview."))


def _external_message(incident: Incident, _analysis: Analysis | None) -> Facts:
    begun, known = incident.moments.begun, incident.known
    what = known.title if known else incident.issue.component.name if incident.issue.component else ""
    if not begun or not what:
        return Facts()
    named = {"what": what.strip().rstrip("."), "begin": _at(incident, begun.at)}
    said = _("Since %(begin)s something does not work as it should: %(what)s. We are working on it.")
    if incident.ended_at:
        named["end"] = _at(incident, incident.ended_at)
        said = _(
            "Between %(begin)s and %(end)s something did not work as it should: %(what)s. "
            "It works again, and we are sorry for the trouble."
        )
    way = f" {known.workaround.strip()}" if known and known.workaround and not incident.ended_at else ""
    source = _("Drafted from the public words.")
    if not known:
        source = _("Drafted from the component's name; nothing was public.")
    return Facts(said % named + way, source)


def _computed_from(said: Iterable[Said]) -> str:
    keys = [key for one in said for key in (one.start_key, one.end_key) if key]
    if not keys:
        return ""
    return _("Computed from %(rows)s.") % {"rows": ", ".join(dict.fromkeys(keys))}


def _count(number: float) -> str:
    return number_format(round(number), force_grouping=True)


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {_one_line(line)}" for line in lines if line.strip())


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _at(incident: Incident, moment: datetime) -> str:
    return date_format(in_zone(moment, incident.issue.launch.zone), "j M H:i")


_WRITERS: dict[str, Callable[[Incident, Analysis | None], Facts]] = {
    "overview": _overview,
    "what_happened": _what_happened,
    "contributing_factors": _contributing_factors,
    "resolution": _resolution,
    "impact": _impact,
    "responders": _responders,
    "timeline": _timeline,
    "went_well": _went_well,
    "went_less_well": _went_less_well,
    "internal_message": _internal_message,
    "external_message": _external_message,
}
