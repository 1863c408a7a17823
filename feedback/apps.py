"""This module registers the feedback app."""

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    """People speak: the one feedback model and the way back to them."""

    name = "feedback"
