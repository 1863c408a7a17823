"""This package holds the rows that every other package stands on."""

from .happening import Happening, Listener, Wish
from .launch import (
    Component,
    ComponentKind,
    Deployment,
    Environment,
    FieldDefinition,
    FieldKind,
    FormerName,
    Launch,
    LaunchKey,
    MaintenanceWindow,
    Phase,
    Release,
    Team,
)
from .message import Delivery, Message, MessageKind, Subscription
from .people import ApiToken, Membership, User
from .promise import Commitment, RecordedDecision
from .record import KINDS_OF_WORK, IdempotencyRecord, Measurement, MetricDefinition, TimelineEntry, WorkerBeat
from .webhook import OutgoingWebhook, WebhookDelivery, WebhookTry

__all__ = [
    "KINDS_OF_WORK",
    "ApiToken",
    "Commitment",
    "Component",
    "ComponentKind",
    "Delivery",
    "Deployment",
    "Environment",
    "FieldDefinition",
    "FieldKind",
    "FormerName",
    "Happening",
    "IdempotencyRecord",
    "Launch",
    "LaunchKey",
    "Listener",
    "MaintenanceWindow",
    "Measurement",
    "Membership",
    "Message",
    "MessageKind",
    "MetricDefinition",
    "OutgoingWebhook",
    "Phase",
    "RecordedDecision",
    "Release",
    "Subscription",
    "Team",
    "TimelineEntry",
    "User",
    "WebhookDelivery",
    "WebhookTry",
    "Wish",
    "WorkerBeat",
]
