"""This module holds what webhooks are sent, how long a failure waits, and that a sealed secret of another key signs nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from hypercare.core.models import OutgoingWebhook, WebhookDelivery
from hypercare.core.sealing import seal
from hypercare.core.webhooks import payload, queue, signing

NOW = datetime(2026, 5, 28, 12, 32, tzinfo=UTC)


def test_codes_go_out_and_words_and_people_stay():
    said = {"field": "severity", "old": "3", "new": "2", "reason": "Anna says so", "note": "Call her", "person": "Bo"}
    assert payload.codes_of(said) == {"field": "severity", "old": "3", "new": "2"}
    assert payload.codes_of({"field": "owner", "old": "", "new": "bo@example.org"}) == {"field": "owner"}
    moved = {"moved": {"severity": {"was": 3, "why": "because Anna wrote: it is down"}}}
    assert payload.codes_of(moved) == {"moved": {"severity": {"was": 3}}}


@pytest.mark.parametrize(("tries", "seconds"), [(1, 5), (4, 7200), (9, 86_400)])
def test_each_failure_waits_as_the_specification_says_a_tenth_more_or_less(tries, seconds):
    waits = [
        wait.total_seconds()
        for number in range(50)
        if (wait := queue.wait_after(WebhookDelivery(pk=number + 1, tries=tries)))
    ]
    assert len(set(waits)) > 20
    assert all(0.9 * seconds <= wait <= 1.1 * seconds for wait in waits)


def test_the_tenth_failure_is_the_last_and_a_receiver_may_ask_for_a_day_at_most():
    assert queue.wait_after(WebhookDelivery(pk=1, tries=10)) is None
    asked = queue.wait_after(WebhookDelivery(pk=1, tries=1), asked=timedelta(days=9))
    assert asked == timedelta(days=1)


def test_a_secret_of_another_installation_signs_nothing(settings):
    hook = OutgoingWebhook(sealed=seal(signing.new_secret()))
    assert signing.headers_of(hook, message_id="msg_1", body="{}", now=NOW)
    settings.SECRET_KEY = "another"
    assert signing.headers_of(hook, message_id="msg_1", body="{}", now=NOW) is None
