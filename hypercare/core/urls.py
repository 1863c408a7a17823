"""This module names core's pages."""

from django.urls import include, path

from hypercare.core.views import (
    audit,
    facts,
    home,
    key_choices,
    keys,
    members,
    opening,
    outbox,
    parts,
    tokens,
    unsubscribe,
    webhooks,
)

app_name = "core"

_settings = [
    path("", facts.facts, name="settings"),
    path("closing/", facts.closing, name="closing"),
    path("members/", members.members, name="members"),
    path("members/<int:pk>/role/", members.change_role, name="member_role"),
    path("members/<int:pk>/invite/", members.invite_once_more, name="member_invite"),
    path("members/<int:pk>/remove/", members.remove, name="member_remove"),
    path("teams/", parts.shelf, {"kind": "teams"}, name="teams"),
    path("teams/<int:pk>/", parts.one, {"kind": "teams"}, name="team"),
    path("components/", parts.shelf, {"kind": "components"}, name="components"),
    path("components/<int:pk>/", parts.one, {"kind": "components"}, name="component"),
    path("fields/", parts.shelf, {"kind": "fields"}, name="fields"),
    path("fields/<int:pk>/", parts.one, {"kind": "fields"}, name="field"),
    path("metrics/", parts.shelf, {"kind": "metrics"}, name="metrics"),
    path("metrics/<int:pk>/", parts.one, {"kind": "metrics"}, name="metric"),
    path("widget/", keys.keys, name="keys"),
    path("widget/<int:pk>/origins/", keys.origins, name="key_origins"),
    path("widget/<int:pk>/rotate/", keys.rotate, name="key_rotate"),
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/<int:pk>/", webhooks.webhook, name="webhook"),
    path("webhooks/<int:pk>/deliveries/<int:number>/", webhooks.delivery, name="delivery"),
    path("webhooks/<int:pk>/deliveries/<int:number>/again/", webhooks.delivery_again, name="delivery_again"),
    path("webhooks/<int:pk>/<slug:name>/", webhooks.order, name="webhook_order"),
]

_outbox = [
    path("", outbox.messages_of, name="outbox"),
    path("<int:pk>/", outbox.message, name="message"),
    path("<int:pk>/html/", outbox.message_page, name="message_page"),
    path("<int:pk>/again/", outbox.message_again, name="message_again"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("launches/", home.my_launches, name="my_launches"),
    path("launches/new/", opening.new_launch, name="new_launch"),
    path("launches/new/slug/", opening.proposed_slug, name="proposed_slug"),
    path("launches/<slug:slug>/", home.launch, name="launch"),
    path("launches/<slug:slug>/setup/", opening.setup, name="setup"),
    path("launches/<slug:slug>/settings/", include(_settings)),
    path("launches/<slug:slug>/outbox/", include(_outbox)),
    path("launches/<slug:slug>/audit/", audit.log, name="audit"),
    path("launches/<slug:slug>/audit.csv", audit.export, name="audit_csv"),
    path("tokens/", tokens.mine, name="tokens"),
    path("tokens/<int:pk>/revoke/", tokens.revoke, name="token_revoke"),
    path("account/keys/", key_choices.choose, name="key_choices"),
    path("outbox/", outbox.messages_of, name="all_outbox"),
    path("outbox/<int:pk>/", outbox.message, name="all_message"),
    path("outbox/<int:pk>/html/", outbox.message_page, name="all_message_page"),
    path("outbox/<int:pk>/again/", outbox.message_again, name="all_message_again"),
    path("unsubscribe/<str:secret>/", unsubscribe.unsubscribe, name="unsubscribe"),
]
