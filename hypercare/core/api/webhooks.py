"""This module is the API of outgoing webhooks: add, change, switch, test and remove them, read their logs, send again."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypercare.core import clock
from hypercare.core.access import Principal, access_launch
from hypercare.core.api import strict
from hypercare.core.api.given import given
from hypercare.core.happenings import EVENTS
from hypercare.core.keys import named
from hypercare.core.models import OutgoingWebhook, WebhookDelivery, WebhookTry
from hypercare.core.problem import not_found
from hypercare.core.roles import Right
from hypercare.core.webhooks import again, hooks
from hypercare.core.webhooks.hooks import LONGEST_NAME, LONGEST_URL, Said

_LAUNCH = OpenApiParameter("launch", str, required=True, description="A launch's slug.")


class WebhookPosted(serializers.Serializer[OutgoingWebhook]):
    """A webhook; `with_people` sends names and what people wrote, too."""

    launch = serializers.SlugField(max_length=60)
    name = strict.Text(max_length=LONGEST_NAME)
    url = serializers.CharField(max_length=LONGEST_URL)
    events = serializers.ListField(child=strict.Choice(choices=list(EVENTS)), max_length=len(EVENTS))
    with_people = strict.YesNo(required=False, default=False)


class WebhookPatched(serializers.Serializer[OutgoingWebhook]):
    """What is to be otherwise."""

    name = strict.Text(max_length=LONGEST_NAME, required=False)
    url = serializers.CharField(max_length=LONGEST_URL, required=False)
    events = serializers.ListField(child=strict.Choice(choices=list(EVENTS)), max_length=len(EVENTS), required=False)
    with_people = strict.YesNo(required=False)
    is_on = strict.YesNo(required=False)


class ReplayPosted(serializers.Serializer[OutgoingWebhook]):
    """All that failed since then are sent again."""

    since = serializers.DateTimeField()


class WebhookShown(serializers.ModelSerializer[OutgoingWebhook]):
    """A webhook without its secret; `paused_why` is chosen, gone, failing or owner while it is off."""

    id = serializers.CharField(source="key", read_only=True)
    launch = serializers.SlugRelatedField[OutgoingWebhook](slug_field="slug", read_only=True)
    owner = serializers.CharField(source="owner_name")

    class Meta:
        model = OutgoingWebhook
        fields = (
            "id",
            "launch",
            "name",
            "url",
            "events",
            "with_people",
            "is_on",
            "paused_why",
            "failing_since",
            "owner",
        )


class WebhookMade(serializers.Serializer[OutgoingWebhook]):
    """A new webhook with its secret, this once."""

    webhook = WebhookShown()
    secret = serializers.CharField()


class SecretShown(serializers.Serializer[OutgoingWebhook]):
    """The new secret, this once; until then the old one signs beside it."""

    secret = serializers.CharField()
    both_sign_until = serializers.DateTimeField()


class TryShown(serializers.ModelSerializer[WebhookTry]):
    """One call: the status, or what stood in the way."""

    class Meta:
        model = WebhookTry
        fields = ("tried_at", "status", "ms", "trouble", "answer")


class DeliveryShown(serializers.ModelSerializer[WebhookDelivery]):
    """One message with its tries; `message_id` is the `webhook-id` that was sent."""

    message_id = serializers.CharField()
    log = TryShown(many=True)

    class Meta:
        model = WebhookDelivery
        fields = (
            *("id", "message_id", "event", "subject", "body", "created_at", "next_try_at", "tries"),
            *("done_at", "given_up_at", "log"),
        )


class Replayed(serializers.Serializer[OutgoingWebhook]):
    """How many are sent again."""

    deliveries = serializers.IntegerField()


@extend_schema_view(get=extend_schema(parameters=[_LAUNCH]))
class Webhooks(generics.ListAPIView[OutgoingWebhook]):
    """A launch's webhooks; a POST adds one and answers its secret."""

    serializer_class = WebhookShown
    queryset = OutgoingWebhook.objects.none()

    def get_queryset(self) -> QuerySet[OutgoingWebhook]:
        """The webhooks of the launch asked for."""
        slug = self.request.query_params.get("launch", "")
        launch = access_launch(Principal.of(self.request), slug, right=Right.MANAGE)
        return OutgoingWebhook.objects.filter(launch=launch).select_related("launch")

    @extend_schema(request=WebhookPosted, responses={201: WebhookMade})
    def post(self, request: Request) -> Response:
        """Adds one; its address is looked up, and called at its first event."""
        said, by = given(WebhookPosted, request.data), Principal.of(request)
        launch = access_launch(by, said.pop("launch"), right=Right.MANAGE)
        hook, secret = hooks.add(launch, Said(**said | {"events": tuple(said["events"])}), by=by, now=clock.now())
        return Response({"webhook": WebhookShown(hook).data, "secret": secret}, status=201)


class OneWebhook(APIView):
    """One webhook."""

    @extend_schema(responses={200: WebhookShown})
    def get(self, request: Request, key: str) -> Response:
        """As it is."""
        return Response(WebhookShown(_hook(request, key)).data)

    @extend_schema(request=WebhookPatched, responses={200: WebhookShown})
    def patch(self, request: Request, key: str) -> Response:
        """Changes what is named."""
        hook, by, now = _hook(request, key), Principal.of(request), clock.now()
        said = given(WebhookPatched, request.data)
        on = said.pop("is_on", None)
        if said:
            before = {name: getattr(hook, name) for name in ("name", "url", "events", "with_people")}
            wanted = before | said
            hook = hooks.change(hook, Said(**wanted | {"events": tuple(wanted["events"])}), by=by, now=now)
        if on is not None:
            hook = hooks.switch(hook, on=on, by=by, now=now)
        return Response(WebhookShown(hook).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """Removes it with its log."""
        hooks.remove(_hook(request, key), actor=Principal.of(request).actor, now=clock.now())
        return Response(status=204)


class WebhookTest(APIView):
    """A message that says it is a test."""

    @extend_schema(request=None, responses={202: DeliveryShown})
    def post(self, request: Request, key: str) -> Response:
        """Queues it; the log says what came of it."""
        row = again.send_test(_hook(request, key), actor=Principal.of(request).actor, now=clock.now())
        return Response(DeliveryShown(row).data, status=202)


class WebhookSecret(APIView):
    """A new secret."""

    @extend_schema(request=None, responses={200: SecretShown})
    def post(self, request: Request, key: str) -> Response:
        """Makes it; the old one signs beside it for a day."""
        hook = _hook(request, key)
        secret = hooks.rotate(hook, actor=Principal.of(request).actor, now=clock.now())
        hook.refresh_from_db()
        return Response({"secret": secret, "both_sign_until": hook.before_until})


class WebhookReplay(APIView):
    """What failed, sent again."""

    @extend_schema(request=ReplayPosted, responses={200: Replayed})
    def post(self, request: Request, key: str) -> Response:
        """All since a moment that were given up or wait for a later try."""
        hook, since = _hook(request, key), given(ReplayPosted, request.data)["since"]
        number = again.replay_failed(hook, since=since, actor=Principal.of(request).actor, now=clock.now())
        return Response({"deliveries": number})


class Deliveries(generics.ListAPIView[WebhookDelivery]):
    """The log of a webhook, newest first, kept for 30 days."""

    serializer_class = DeliveryShown
    queryset = WebhookDelivery.objects.none()

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        """The messages of one webhook."""
        hook = _hook(self.request, self.kwargs["key"])
        return WebhookDelivery.objects.filter(webhook=hook).prefetch_related("log")


class DeliveryReplay(APIView):
    """One message, sent again."""

    @extend_schema(request=None, responses={202: DeliveryShown})
    def post(self, request: Request, key: str, number: int) -> Response:
        """Queues it under its own `webhook-id`."""
        hook = _hook(request, key)
        rows = WebhookDelivery.objects.filter(webhook=hook).select_related("webhook__launch")
        row = rows.filter(pk=number).first()
        if row is None:
            raise not_found(_("There is no such message in the log; after 30 days it is deleted."))
        again.replay(row, actor=Principal.of(request).actor, now=clock.now())
        row.refresh_from_db()
        return Response(DeliveryShown(row).data, status=202)


def _hook(request: Request, key: str) -> OutgoingWebhook:
    rows = OutgoingWebhook.objects.select_related("launch", "owner")
    return named(rows, key, "WH", by=Principal.of(request), right=Right.MANAGE)
