"""This module holds what is known of a report beside its words: the kind its reporter chose, an alert's labels."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from triage.categories import CATEGORIES

# How much likelier a category is when a reporter chose this kind in the widget; what is not named counts 1.
KIND_FACTORS: Mapping[str, Mapping[str, float]] = {
    "broken": {
        "bug": 4.0, "availability": 3.0, "access": 2.0, "data_integrity": 2.0, "integration": 2.0, "performance": 1.5,
        "praise": 0.1, "question": 0.3, "enhancement": 0.3, "documentation": 0.5, "training_gap": 0.5,
    },
    "slow": {"performance": 12.0, "availability": 3.0, "praise": 0.1, "question": 0.3, "enhancement": 0.3},
    "ai_answer": {"ai_quality": 12.0, "ai_cost": 1.5},
    "help": {
        "question": 6.0, "training_gap": 3.0, "documentation": 2.0, "access": 2.0, "usability": 1.5, "praise": 0.3,
    },
    "idea": {
        "enhancement": 10.0, "usability": 2.0, "documentation": 1.5, "praise": 0.7, "bug": 0.3, "availability": 0.2,
        "access": 0.3, "data_integrity": 0.3, "integration": 0.5, "performance": 0.5, "security": 0.5, "question": 0.5,
    },
}  # fmt: skip

WORST_OF_A_MACHINE = 2
_ALERT_WORDS = {
    "performance": r"latency|slow|p9[059]|duration|response.?time|lag\b|queue.?depth|saturation|apdex",
    "ai_cost": r"token|llm.?spend|budget|cost",
    "security": r"auth.?fail|brute|waf\b|intrusion|vulnerab|40[13]\b|unauthori[sz]ed|malware",
    "data_integrity": r"mismatch|reconcil|checksum|duplicate.?rows|data.?quality|corrupt",
    "availability": r"down\b|unavailable|5xx|50[0234]\b|error.?rate|errors?\b|unreachable|crash|oom|restart|"
    r"disk|memory|cpu\b|certificate|heartbeat|not.?ready|timeouts?\b|outage|probe|pool",
}
_ALERT_PATTERNS = {category: re.compile(words, re.IGNORECASE) for category, words in _ALERT_WORDS.items()}
_ALERT_NAMES = ("category", "type", "alertname", "rule", "name")


def alert_of(context: object) -> dict[str, Any] | None:
    """What the machine said, when a machine did."""
    alert = context.get("alert") if isinstance(context, dict) else None
    return alert if isinstance(alert, dict) else None


def severity_from_alert(alert: Mapping[str, Any]) -> int | None:
    """The severity that the gateway's table gives the machine's own word; no word of a machine alone makes a SEV1."""
    said = str(alert.get("suggested_severity", "")).upper().removeprefix("SEV")
    return max(int(said), WORST_OF_A_MACHINE) if said in {"1", "2", "3", "4", "5"} else None


def category_from_alert(alert: Mapping[str, Any], title: str) -> tuple[str, str] | None:
    """The category an alert's labels or name tell, and the words that tell it."""
    labels = alert.get("labels")
    labels = labels if isinstance(labels, dict) else {}
    for key in ("category", "type"):
        if labels.get(key) in CATEGORIES:
            return str(labels[key]), _("the label %(name)s=%(value)s") % {"name": key, "value": labels[key]}
    told = " ".join([title, *(str(labels[name]) for name in _ALERT_NAMES if name in labels)])[:1000]
    for category, pattern in _ALERT_PATTERNS.items():
        if found := pattern.search(told):
            return category, _("because of: %(words)s") % {"words": f"“{found[0]}”"}
    return None
