"""This module decides at the door whether a delivery's signature is good enough for its source.

Without a signature the key alone vouches for a delivery, as for every format; a signature that can be checked must be
right; a source that takes signed messages only lets nothing else in. Nothing is fetched here: a certificate we do not
have is asked for, and a worker fetches it.
"""

import base64
import hashlib
import hmac
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.utils.translation import gettext as _
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError, WebhookVerificationError

from gateway_ingest import dead_letters, sns, sns_signature
from gateway_ingest.formats import Headers
from gateway_ingest.formats.cloudwatch import is_envelope
from gateway_ingest.models import Source
from hypercare.core.problem import Problem
from hypercare.core.sealing import unseal
from hypercare.core.strict_json import JSON

# How a source's secret begins: of both sides, or the sender's public half.
SHARED_KEY, PUBLIC_KEY = "whsec_", "whpk_"
TOLERANCE_SECONDS = 300


def check(source: Source, name: str, body: bytes, payload: JSON, headers: Headers, *, now: datetime) -> None:
    """Raises Problem 403 for a wrong or missing signature, 503 while the certificate it needs is not there yet."""
    if name == "cloudwatch" and isinstance(payload, dict) and is_envelope(payload):
        _check_sns(source, payload, now=now)
    elif source.signature_header:
        return  # an HMAC over the body as it was sent; `admission` has checked it before anything was read
    elif source.signing_secret and (name == "standardwebhooks" or "webhook-signature" in headers):
        _check_standard(source, name, body, headers, now=now)
    else:
        refuse_unsigned(source, name, now=now)


def refuse_unsigned(source: Source, name: str, *, now: datetime) -> None:
    """Raises Problem 403 where a source takes signed messages only and the format knows no signature."""
    if source.signed_only and not source.signature_header:
        detail = _("This source takes signed messages only, and this one has no signature.")
        raise refused(source, name, detail, now=now)


def _check_standard(source: Source, name: str, body: bytes, headers: Headers, *, now: datetime) -> None:
    secret = unseal(source.signing_secret)
    if secret is None:
        raise Problem(503, _("The signing secret can no longer be read; an administrator has to enter it again."))
    try:
        if secret.startswith(PUBLIC_KEY):
            _verify_by_public_key(secret, body, headers, now=now)
        else:
            Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, EmptyWebhookSecretError, InvalidSignature, ValueError) as error:
        detail = _("The signature of this message is wrong, missing or older than five minutes.")
        raise refused(source, name, detail, now=now) from error


def _verify_by_public_key(key: str, body: bytes, headers: Headers, *, now: datetime) -> None:
    """The `v1a` signatures of Standard Webhooks: ed25519 over id, time and body; raises InvalidSignature or ValueError."""
    moment = headers.get("webhook-timestamp", "")
    if abs(now.timestamp() - int(moment)) > TOLERANCE_SECONDS:
        raise InvalidSignature
    signed = f"{headers.get('webhook-id', '')}.{moment}.".encode() + body
    found = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix(PUBLIC_KEY), validate=True))
    parts = [part.partition(",") for part in headers.get("webhook-signature", "").split()]
    if not any(_is_signed(found, given, signed) for version, _comma, given in parts if version == "v1a"):
        raise InvalidSignature


def _is_signed(key: Ed25519PublicKey, given: str, signed: bytes) -> bool:
    try:
        key.verify(base64.b64decode(given, validate=True), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def check_hmac(source: Source, body: bytes, headers: Headers, *, now: datetime) -> None:
    """Raises Problem 403 where the source's header holds no HMAC-SHA256 of the body by its secret.

    Senders write it in hex or base64, bare or behind `sha256=` or `v1=`, and several by comma or space.
    """
    given = headers.get(source.signature_header, "")
    if not given and not source.signed_only:
        return
    secret = unseal(source.signing_secret)
    if not secret:
        raise Problem(503, _("The signing secret can no longer be read; an administrator has to enter it again."))
    made = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    right = (made.hex(), base64.b64encode(made).decode())
    parts = [part.removeprefix("sha256=").removeprefix("v1=") for part in given.replace(",", " ").split()[:10]]
    if not any(hmac.compare_digest(part.encode(), one.encode()) for part in parts for one in right):
        detail = _("“%(header)s” is missing or does not sign this body with the source's secret.")
        raise refused(source, "", detail % {"header": source.signature_header}, now=now)


def _check_sns(source: Source, message: dict[str, JSON], *, now: datetime) -> None:
    is_subscription = message.get("Type") == "SubscriptionConfirmation"
    if not sns.is_welcome(source, str(message.get("TopicArn"))[:300], confirms=is_subscription):
        detail = _(
            "This source takes signed messages only, and of none but its own topics; “%(topic)s” is not on its page."
        )
        topic = str(message.get("TopicArn"))[:120]
        raise refused(source, "cloudwatch", detail % {"topic": topic}, now=now)
    if is_subscription:
        _check_subscription(source, message, now=now)
        return
    url = message.get("SigningCertURL")
    if url is None and not source.signed_only:
        return
    if not isinstance(url, str) or not sns_signature.is_certificate_address(url):
        detail = _("“SigningCertURL” is no address of Amazon's notification service; the message was not taken.")
        raise refused(source, "cloudwatch", detail, now=now)
    pem = sns.certificate(url, now=now)
    if pem and not sns_signature.is_genuine(message, pem, now=now):
        raise refused(source, "cloudwatch", _("The signature of this SNS message is wrong."), now=now)
    if not pem and source.signed_only:
        raise Problem(503, _("The certificate that signed this message is being fetched; send it again."))


def _check_subscription(source: Source, message: dict[str, JSON], *, now: datetime) -> None:
    """A subscription is confirmed by a worker, and only once its signature is checked."""
    addresses = (message.get("SigningCertURL"), message.get("SubscribeURL"))
    certificate, confirmation = (address if isinstance(address, str) else "" for address in addresses)
    if not sns_signature.is_certificate_address(certificate) or not sns_signature.is_of_the_service(confirmation):
        detail = _("“SubscribeURL” or “SigningCertURL” is no address of Amazon's notification service.")
        raise refused(source, "cloudwatch", detail, now=now)
    pem = sns.certificate(certificate, now=now)
    if pem and not sns_signature.is_genuine(message, pem, now=now):
        raise refused(source, "cloudwatch", _("The signature of this SNS message is wrong."), now=now)
    sns.ask_to_confirm(source, message, now=now)


def refused(source: Source, name: str, reason: str, *, now: datetime) -> Problem:
    """Keeps the reason and not the body, so that nobody replays what a forger wrote; counts it for the source."""
    letter = dead_letters.count_refusal(source, reason=reason, format_name=name, now=now)
    return Problem(403, reason, dead_letter=letter.key)
