"""This module decides whether a certificate is the notification service's own: issued by a root we trust, for its host, valid.

What is checked is what a browser checks of a server: the chain of signatures from the certificate to one of the roots of
the `certifi` package, each one's validity and purpose, and that the name is the service's. Revocation is not looked up.
A certificate comes without the one that issued it, so that is fetched from where the certificate says, at Amazon's own
place for them only; it is trusted for nothing but what a root vouches for.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import certifi
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from django.utils.translation import gettext as _

from gateway_ingest import sns_signature
from hypercare.core import outgoing

_ISSUERS = ".amazontrust.com"
_MOST_ISSUERS = 3


class Untrusted(Exception):
    """The certificate is not the service's; the text is a sentence."""


@lru_cache(maxsize=1)
def roots() -> Store:
    """The roots that browsers trust."""
    return Store(x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes()))


def check(pem: str, url: str, *, fetch: outgoing.Fetch, trusted: Store, now: datetime) -> None:
    """Raises Untrusted for a certificate that is not the service's own, Unreachable where its issuer cannot be asked for."""
    try:
        leaf, *others = x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise Untrusted(_("The address answered no certificate.")) from error
    if not _is_trusted(leaf, others, url, trusted, now=now):
        issuers = [*others, *_issuers_of(others[-1] if others else leaf, fetch)]
        if not _is_trusted(leaf, issuers, url, trusted, now=now):
            raise Untrusted(_("The certificate was not issued to Amazon's notification service, or is not valid now."))


def _is_trusted(
    leaf: x509.Certificate, others: Sequence[x509.Certificate], url: str, trusted: Store, *, now: datetime
) -> bool:
    for name in sns_signature.names_of(url):
        verifier = PolicyBuilder().store(trusted).time(now).build_server_verifier(x509.DNSName(name))
        try:
            verifier.verify(leaf, list(others))
        except VerificationError:
            continue
        return True
    return False


def _issuers_of(certificate: x509.Certificate, fetch: outgoing.Fetch) -> list[x509.Certificate]:
    """The certificates above one, each from where the one below says."""
    found: list[x509.Certificate] = []
    while len(found) < _MOST_ISSUERS and (url := _issuer_address(found[-1] if found else certificate)):
        answer = fetch(url)
        try:
            found.append(x509.load_der_x509_certificate(answer.body))
        except ValueError:
            break
    return found


def _issuer_address(certificate: x509.Certificate) -> str:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return ""
    for entry in access:
        place = entry.access_location
        is_of_issuer = entry.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        if is_of_issuer and isinstance(place, x509.UniformResourceIdentifier) and _is_amazons(place.value):
            return place.value
    return ""


def _is_amazons(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and parts.port is None and (parts.hostname or "").endswith(_ISSUERS)
    except ValueError:
        return False
