"""This module names triage's background tasks; each makes one domain call."""

from threading import Lock
from typing import Any

from celery import shared_task

from gateway_ingest.deployments import LINK_TASK
from hypercare.core import clock
from triage import alert_changes, closing, owners, snooze
from triage.automation import running, runs
from triage.board import readers
from triage.exit import assess
from triage.learn import tickets, trainings
from triage.nature import suggesting
from triage.orders import giving
from triage.proof import firing, links, verdicts
from triage.reports import daily
from triage.score import again, measured
from triage.sifting import aside
from triage.votes import rounds
from triage.warroom import gauges, round_of_rooms

_TRIAGE, _AUTOMATION = Lock(), Lock()


@shared_task(name="triage.waiting")
def triage_waiting(**_later: Any) -> None:
    """Triages what waits."""
    # The text model's libraries take seconds to be read; a worker shows its heartbeat before.
    from triage import pipeline  # noqa: PLC0415

    # Two threads of one worker would share its core and make smaller batches: the second takes what came meanwhile.
    with _TRIAGE:
        pipeline.triage_waiting(clock=clock.now)


@shared_task(name="triage.suggest")
def suggest_same_problems(**_later: Any) -> None:
    """Looks for new issues among all rows of their launches; scores again what other weights scored."""
    from triage.match import anew, suggestions  # noqa: PLC0415 - as above

    suggestions.suggest_waiting(clock=clock.now)
    anew.score_again(clock=clock.now)


@shared_task(name="triage.themes")
def find_themes(**_later: Any) -> None:
    """Finds what each launch's reports have in common."""
    from triage.themes import find  # noqa: PLC0415 - as above

    find.find_due(clock=clock.now)


@shared_task(name="triage.alert_changes")
def follow_alert_changes(**_later: Any) -> None:
    """Carries resolved and returned alerts into their issues."""
    alert_changes.follow(clock=clock.now)


@shared_task(name="triage.settle")
def settle_transient(**_later: Any) -> None:
    """Closes issues whose alerts came and went."""
    closing.settle_due(now=clock.now())


@shared_task(name="triage.orders")
def carry_out_orders(**_later: Any) -> None:
    """Carries out what people ordered for many issues, and takes back what they undid."""
    giving.carry_on(clock=clock.now)


@shared_task(name="triage.wake")
def wake_sleepers(**_later: Any) -> None:
    """Wakes snoozed issues whose time is over or that got worse."""
    snooze.wake_due(now=clock.now())


@shared_task(name="triage.tell_readers")
def tell_readers_of_views(**_later: Any) -> None:
    """Mails people what newly entered the views they read."""
    readers.tell_due(now=clock.now())


@shared_task(name="triage.return_set_aside")
def return_set_aside(**_later: Any) -> None:
    """Lets reports back into triage that nobody decided on while they were set aside."""
    aside.return_due(clock=clock.now)


@shared_task(name="triage.assess")
def assess_exit_criteria(**_later: Any) -> None:
    """Measures every launch's exit criteria."""
    assess.assess_all(now=clock.now())


@shared_task(name="triage.reports")
def keep_up_reports(**_later: Any) -> None:
    """Drafts and sends the daily reports that are due."""
    daily.keep_up(now=clock.now())


@shared_task(name="triage.rooms")
def look_after_rooms(**_later: Any) -> None:
    """Opens rooms that are due, notes who left, and reminds of what is overdue."""
    round_of_rooms.look_after(now=clock.now())


@shared_task(name="triage.gauges")
def measure_gauges(**_later: Any) -> None:
    """Measures what the wall shows."""
    gauges.measure_due(now=clock.now())


@shared_task(name="triage.owners")
def free_ownerless(**_later: Any) -> None:
    """Frees issues whose owner has left the launch."""
    owners.free_left(now=clock.now())


@shared_task(name="triage.measure_reach")
def measure_reach(**_later: Any) -> None:
    """Measures in traffic how many consumers open issues reach."""
    measured.measure(clock=clock.now)


@shared_task(name="triage.rescore")
def rescore_changed(**_later: Any) -> None:
    """Scores launches again whose rules of scoring changed."""
    again.rescore_changed(clock=clock.now)


@shared_task(name="triage.learn")
def train_models(**_later: Any) -> None:
    """Asks for the night's trainings and starts the one that has waited longest."""
    trainings.ask_for_the_night(now=clock.now())
    trainings.start_waiting(now=clock.now())


@shared_task(name="triage.tickets")
def read_tickets(**_later: Any) -> None:
    """Reads the old tickets whose meaning was confirmed."""
    tickets.read_waiting(clock=clock.now)


@shared_task(name=running.TASK)
def run_automation(**_later: Any) -> None:
    """Lets the launches' own rules look at what happened."""
    # A second thread would only wait for the launch's lock, and nobody would triage meanwhile.
    if _AUTOMATION.acquire(blocking=False):
        try:
            running.run_waiting(clock=clock.now)
        finally:
            _AUTOMATION.release()


@shared_task(name="triage.forget_runs")
def forget_runs(**_later: Any) -> None:
    """Deletes old runs of rules."""
    runs.forget_old(now=clock.now())


@shared_task(name="triage.nature")
def suggest_nature(**_later: Any) -> None:
    """Suggests what open issues are by nature."""
    suggesting.suggest_due(clock=clock.now)


@shared_task(name=LINK_TASK)
def follow_deployments(**_later: Any) -> None:
    """Links deployments to the issues they name."""
    links.follow(clock=clock.now)


@shared_task(name="triage.votes")
def end_votes(**_later: Any) -> None:
    """Ends the votes whose time has come."""
    rounds.close_due(now=clock.now())


@shared_task(name="triage.judge_fixes")
def judge_fixes(**_later: Any) -> None:
    """Says of fixes what live traffic shows."""
    verdicts.judge_due(clock=clock.now)


@shared_task(name="triage.watch_fixed")
def watch_fixed(**_later: Any) -> None:
    """Looks whether what is fixed fires again."""
    firing.watch(clock=clock.now)


@shared_task(name="triage.second_opinions")
def get_second_opinions(**_later: Any) -> None:
    """Asks a language model, where one is configured, about what the text model is not sure of."""
    # As above.
    from triage.classify import second_opinions  # noqa: PLC0415

    second_opinions.get_due(clock=clock.now)
