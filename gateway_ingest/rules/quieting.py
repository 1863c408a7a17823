"""This module puts a rule back to quiet about a key whose alert a person ended, so that it may speak of it anew."""

from datetime import datetime

from gateway_ingest.models import Alert, Firing, RuleState, TrafficWatch
from gateway_ingest.rules.keys import fingerprint
from gateway_ingest.rules.state import State, put_by_hand


def hold_watch(alert: Alert) -> None:
    """Lets a look that is being written come first, where a rule of ours told of the alert."""
    list(TrafficWatch.objects.select_for_update(of=("self",)).filter(source=alert.source_id))


def put_to_rest(alert: Alert, *, now: datetime) -> None:
    """Ends what the rule behind an alert finds about its key; nothing for a machine's own alert. The caller holds the watch."""
    open_ones = RuleState.objects.filter(rule__launch=alert.launch, rule__launch__traffic_watch__source=alert.source_id)
    for row in open_ones.filter(firing=True).select_related("rule"):
        # A key is kept as the very text that its fingerprint is made of.
        if fingerprint(row.rule.name, (row.key,)) == alert.fingerprint:
            row.state, row.firing = put_by_hand(State.from_json(row.state), now=now).as_json(), False
            row.save(update_fields=["state", "firing"])
            Firing.objects.filter(rule=row.rule, key=row.key, ended_at=None).update(ended_at=now)
