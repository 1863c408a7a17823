"""This package holds the rows that every other package stands on."""

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
from .record import IdempotencyRecord, Measurement, MetricDefinition, TimelineEntry, WorkerBeat

__all__ = [
    "ApiToken",
    "Component",
    "ComponentKind",
    "Delivery",
    "Deployment",
    "Environment",
    "FieldDefinition",
    "FieldKind",
    "FormerName",
    "IdempotencyRecord",
    "Launch",
    "LaunchKey",
    "MaintenanceWindow",
    "Measurement",
    "Membership",
    "Message",
    "MessageKind",
    "MetricDefinition",
    "Phase",
    "Release",
    "Subscription",
    "Team",
    "TimelineEntry",
    "User",
    "WorkerBeat",
]
