"""This module makes the secrets of webhooks and signs what is sent, as Standard Webhooks says."""

import base64
import secrets
from datetime import UTC, datetime, timedelta

from standardwebhooks.webhooks import Webhook

from hypercare.core.models import OutgoingWebhook
from hypercare.core.sealing import unseal

# So long a receiver has time to learn the new secret: meanwhile both sign.
OVERLAP = timedelta(hours=24)


def new_secret() -> str:
    """A fresh secret of 256 bits."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def headers_of(webhook: OutgoingWebhook, *, message_id: str, body: str, now: datetime) -> dict[str, str] | None:
    """The three headers of a signed message; None where the secret was sealed with another key than today's."""
    sealed = [webhook.sealed]
    if webhook.sealed_before and webhook.before_until and webhook.before_until > now:
        sealed.append(webhook.sealed_before)
    opened = [secret for text in sealed if (secret := unseal(text))]
    if not opened:
        return None
    moment = now.astimezone(UTC).replace(microsecond=0)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, moment, body) for secret in opened),
    }
