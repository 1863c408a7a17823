"""This module names every way an issue's status may change; what is not listed here cannot happen."""

from dataclasses import dataclass

from feedback.models import ReplyStatus
from triage.models import IssueStatus as S


@dataclass(frozen=True)
class Transition:
    """One named row of the table."""

    name: str
    origins: tuple[str, ...]
    target: str
    needs: str = ""


_WORKING = (S.NEW, S.TRIAGED, S.IN_PROGRESS, S.MITIGATED, S.DEPLOYED, S.VERIFIED)

TRANSITIONS = (
    Transition("accept", (S.NEW,), S.TRIAGED),
    Transition("send back", (S.IN_PROGRESS, S.MITIGATED), S.TRIAGED),
    Transition("start", (S.NEW, S.TRIAGED), S.IN_PROGRESS),
    Transition("fix failed", (S.MITIGATED, S.DEPLOYED, S.VERIFIED), S.IN_PROGRESS),
    Transition("reopen", (S.CLOSED, S.DECLINED), S.IN_PROGRESS),
    Transition("mitigate", (S.NEW, S.TRIAGED, S.IN_PROGRESS, S.DEPLOYED), S.MITIGATED),
    Transition("deploy", (S.NEW, S.TRIAGED, S.IN_PROGRESS, S.MITIGATED), S.DEPLOYED),
    Transition("unverify", (S.VERIFIED,), S.DEPLOYED),
    Transition("verify", (S.IN_PROGRESS, S.MITIGATED, S.DEPLOYED), S.VERIFIED),
    Transition("close", _WORKING, S.CLOSED),
    Transition("decline", (S.NEW, S.TRIAGED, S.IN_PROGRESS), S.DECLINED, needs="reason"),
)

RESOLUTIONS = {
    "fixed", "workaround", "configuration", "rolled_back", "known_issue", "explained", "not_reproducible",
    "as_designed", "deferred", "wont_do", "external", "transient",
}  # fmt: skip

# What ending means where nobody says more.
DEFAULT_RESOLUTION = {S.CLOSED: "fixed", S.DECLINED: "wont_do"}

REPLY_STATUS = {
    S.NEW: ReplyStatus.RECEIVED,
    S.TRIAGED: ReplyStatus.LOOKING,
    S.IN_PROGRESS: ReplyStatus.WORKING,
    S.MITIGATED: ReplyStatus.WORKING,
    S.DEPLOYED: ReplyStatus.FIXED_PLEASE_CHECK,
    S.VERIFIED: ReplyStatus.FIXED_PLEASE_CHECK,
    S.CLOSED: ReplyStatus.CLOSED,
    S.DECLINED: ReplyStatus.CLOSED,
}


def between(origin: str, target: str) -> Transition | None:
    """The transition that leads from one status to another, or None where there is none."""
    for transition in TRANSITIONS:
        if transition.target == target and origin in transition.origins:
            return transition
    return None


def targets_from(origin: str) -> list[str]:
    """The statuses an issue may move to from here, in the order of the work."""
    reachable = {transition.target for transition in TRANSITIONS if origin in transition.origins}
    return [str(status) for status in S if status in reachable]
