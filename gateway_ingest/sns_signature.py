"""This module checks the signature of a message of Amazon's notification service, and which addresses are truly its."""

import base64
import re
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from hypercare.core.strict_json import JSON

_HOST = re.compile(r"sns\.[a-z]{2}(?:-[a-z]{2,12}){1,3}-\d{1,2}\.amazonaws\.com(?:\.cn)?")
_LONGEST_ADDRESS = 300
_CERTIFICATE_PATH = re.compile(r"/SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]
_HASHES = {"1": hashes.SHA1(), "2": hashes.SHA256()}  # noqa: S303 - version 1 of the service signs with it


def names_of(url: str) -> tuple[str, ...]:
    """The hosts that a certificate kept at this address may be for: the service has one for all its regions."""
    host = urlsplit(url).hostname or ""
    return ("sns.amazonaws.com.cn" if host.endswith(".cn") else "sns.amazonaws.com", host)


def signed_part(message: dict[str, JSON]) -> dict[str, JSON]:
    """Only what the signature covers, and the signature."""
    kept = (*_SIGNED.get(str(message.get("Type")), ()), "Signature", "SignatureVersion", "SigningCertURL")
    return {name: message[name] for name in kept if name in message}


def is_of_the_service(url: str) -> bool:
    """Whether an address is https on a host of the service itself."""
    try:
        parts = urlsplit(url)
        is_plain = parts.port is None and not parts.username and not parts.password
    except ValueError:
        return False
    return parts.scheme == "https" and is_plain and _HOST.fullmatch(parts.netloc) is not None


def is_certificate_address(url: str) -> bool:
    """Whether an address is where the service keeps a certificate."""
    if len(url) > _LONGEST_ADDRESS or not is_of_the_service(url):
        return False
    parts = urlsplit(url)
    return not parts.query and _CERTIFICATE_PATH.fullmatch(parts.path) is not None


def is_genuine(message: dict[str, JSON], pem: str, *, now: datetime) -> bool:
    """Whether the certificate's key signed this message and the certificate is valid today."""
    algorithm = _HASHES.get(str(message.get("SignatureVersion")))
    names = _SIGNED.get(str(message.get("Type")))
    if algorithm is None or names is None:
        return False
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        signature = base64.b64decode(str(message.get("Signature")), validate=True)
    except ValueError:
        return False
    key = certificate.public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return False
    try:
        key.verify(signature, _canonical(message, names), padding.PKCS1v15(), algorithm)
    except InvalidSignature:
        return False
    return True


def _canonical(message: dict[str, JSON], names: tuple[str, ...]) -> bytes:
    """Names and values in the order of the alphabet, each on its line; a missing subject is left out."""
    lines = [f"{name}\n{message[name]}\n" for name in names if message.get(name) is not None]
    return "".join(lines).encode("utf-8", "surrogatepass")
