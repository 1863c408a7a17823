"""This module holds the forms of sources: a new one, its signatures, its limits, its routes, and how long calls are kept."""

import base64
import binascii
import ipaddress
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gateway_ingest import keeping, programs, signatures, sns
from gateway_ingest.models import RouteField, Source
from gateway_ingest.sources import MAX_NAME, Limits
from hypercare.core.forms.fields import LineField, offer, refuse_unsafe_characters, zone_choices
from hypercare.core.models import Launch
from hypercare.core.one_line import has_unseen

MAX_NETWORKS = 50
MAX_ROWS_A_SECOND = 1_000_000
_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,79}")
_HOST = re.compile(r"(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,190}[A-Za-z0-9])?")
_TOPIC = re.compile(r"arn:aws(?:-[a-z-]{2,10})?:sns:[a-z0-9-]{3,30}:\d{12}:[A-Za-z0-9_.-]{1,256}")
_FEWEST_LETTERS = 8


def refuse_unseen(value: str) -> None:
    """Refuses characters that nobody can see: two names could look the same."""
    if has_unseen(value):
        raise ValidationError(gettext("The name holds characters that cannot be seen; type it anew."))


class NameField(forms.CharField):
    """A name on one line, in characters that can be seen."""

    default_validators = [refuse_unsafe_characters, refuse_unseen]


class SourceForm(forms.Form):
    """What a new source needs."""

    name = NameField(
        label=_("Name"), max_length=MAX_NAME, help_text=_("What sends, for example Alertmanager production.")
    )
    program = forms.ChoiceField(
        label=_("What sends"),
        initial=programs.FIRST,
        choices=programs.choices,
        help_text=_("You get its configuration with address and key filled in."),
    )


class NetworksField(forms.CharField):
    """Addresses and networks, one a line or by comma."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
    default_validators = [refuse_unsafe_characters]

    def clean(self, value: Any) -> list[str]:
        """The networks as they are compared; an error names the first that is none."""
        given = [word for word in re.split(r"[\s,;]+", super().clean(value) or "") if word]
        if len(given) > MAX_NETWORKS:
            raise ValidationError(gettext("At most 50 networks are kept."))
        return list(dict.fromkeys(map(self._network, given)))

    def _network(self, word: str) -> str:
        try:
            return str(ipaddress.ip_network(word, strict=False))
        except ValueError as error:
            detail = gettext("“%(word)s” is no address or network; write one such as 203.0.113.7 or 10.0.0.0/8.")
            raise ValidationError(detail % {"word": word[:60]}) from error

    def prepare_value(self, value: Any) -> Any:
        """Kept networks as lines."""
        return "\n".join(value) if isinstance(value, list) else value


class TopicsField(forms.CharField):
    """ARNs of topics, one a line or by comma."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
    default_validators = [refuse_unsafe_characters]

    def clean(self, value: Any) -> list[str]:
        """The topics; an error names the first that is none."""
        given = [word for word in re.split(r"[\s,;]+", super().clean(value) or "") if word]
        if len(given) > sns.MAX_TOPICS:
            raise ValidationError(gettext("At most 50 topics are kept."))
        if wrong := [word for word in given if not _TOPIC.fullmatch(word)]:
            detail = gettext(
                "“%(word)s” is no topic; write its ARN such as arn:aws:sns:eu-north-1:123456789012:alarms."
            )
            raise ValidationError(detail % {"word": wrong[0][:120]})
        return list(dict.fromkeys(given))

    def prepare_value(self, value: Any) -> Any:
        """Kept topics as lines."""
        return "\n".join(value) if isinstance(value, list) else value


class SigningForm(forms.Form):
    """Whether and how a source's messages are signed."""

    header = LineField(
        label=_("Header of the signature"),
        required=False,
        max_length=80,
        help_text=_("For example X-Hub-Signature-256: an HMAC-SHA256 of the body. Empty for Standard Webhooks."),
    )
    secret = forms.CharField(
        label=_("Signing secret"),
        required=False,
        max_length=200,
        help_text=_(
            "Of Standard Webhooks it begins with whsec_, or with whpk_ for a public key. Empty keeps the present one."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    forget = forms.BooleanField(label=_("Forget the present secret"), required=False)
    signed_only = forms.BooleanField(
        label=_("Take signed messages only"),
        required=False,
        help_text=_("What is signed in this way, and Amazon SNS of the topics below. Everything else is refused."),
    )
    topics = TopicsField(
        label=_("Topics of Amazon SNS"),
        required=False,
        max_length=20_000,
        help_text=_(
            "Their ARNs, one a line. Those that were confirmed stand here; without any, the first one is taken."
        ),
    )

    def __init__(self, *args: Any, source: Source, **options: Any) -> None:
        self.source = source
        present = {"header": source.signature_header, "signed_only": source.signed_only}
        options["initial"] = present | {"topics": source.topics}
        super().__init__(*args, **options)

    def clean_header(self) -> str:
        """A header's name."""
        given: str = self.cleaned_data["header"]
        if given and not _HEADER.fullmatch(given):
            raise ValidationError(gettext("A header's name has letters, digits and hyphens only."))
        return given.lower()

    def clean(self) -> dict[str, Any]:
        """A secret of the kind that the header asks for; a new kind needs a new secret."""
        found: dict[str, Any] = super().clean() or {}
        header, secret = found.get("header", ""), (found.get("secret") or "").strip()
        if error := self._fault(header, secret, forgets=bool(found.get("forget"))):
            self.add_error("secret", error)
        if header and found.get("forget"):
            self.add_error("header", gettext("Without a secret no signature can be checked; empty this too."))
        return found | {"secret": secret}

    def _fault(self, header: str, secret: str, *, forgets: bool) -> str | ValidationError:
        if not secret:
            is_other_kind = bool(header) != bool(self.source.signature_header)
            is_missing = is_other_kind and (header or self.source.signing_secret) and not forgets
            return gettext("Enter the secret that belongs to this kind of signature.") if is_missing else ""
        if header:
            is_short = len(secret) < _FEWEST_LETTERS
            return gettext("A secret that short protects nothing; use 8 characters or more.") if is_short else ""
        try:
            check_secret(secret)
        except ValidationError as error:
            return error
        return ""

    @property
    def new_secret(self) -> str | None:
        """The secret to set, None to leave the present one."""
        return "" if self.cleaned_data["forget"] else self.cleaned_data["secret"] or None


def check_secret(given: str) -> None:
    """Raises ValidationError for what is no signing secret or public key of Standard Webhooks."""
    kind = signatures.PUBLIC_KEY if given.startswith(signatures.PUBLIC_KEY) else signatures.SHARED_KEY
    try:
        size = len(base64.b64decode(given.removeprefix(kind), validate=True))
    except (binascii.Error, ValueError):
        size = 0
    fits = size == 32 if kind == signatures.PUBLIC_KEY else 24 <= size <= 64
    if not given.startswith(kind) or not fits:
        raise ValidationError(
            gettext("A signing secret is whsec_ and 24 to 64 bytes in base64, a public key whpk_ and 32.")
        )


class LimitsForm(forms.Form):
    """From where a source may send, how much, whose clock its times follow, and of which environment it tells."""

    networks = NetworksField(
        label=_("Allowed addresses"),
        required=False,
        max_length=4000,
        help_text=_("Addresses or networks, one a line. Empty allows every address."),
    )
    rows_a_second = forms.IntegerField(
        label=_("Rows a second"),
        required=False,
        min_value=1,
        max_value=MAX_ROWS_A_SECOND,
        help_text=_("More is answered 503 with a time to come again. Ten seconds' worth may come at once."),
    )
    zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        help_text=_("Of times that do not say theirs, as Zabbix writes them."),
    )
    environment = LineField(
        label=_("Environment"),
        required=False,
        max_length=40,
        help_text=_(
            "Of what it sends, where that is not production: staging. Deployments to it are held against these calls."
        ),
    )

    def __init__(self, *args: Any, source: Source, **options: Any) -> None:
        present = {"networks": source.allowed_networks, "rows_a_second": source.rows_a_second}
        options["initial"] = present | {"zone": source.zone or "UTC", "environment": source.environment}
        super().__init__(*args, **options)
        offer(self, "zone", zone_choices(source.zone))

    @property
    def limits(self) -> Limits:
        """What was chosen."""
        found = self.cleaned_data
        zone = "" if found["zone"] == "UTC" else found["zone"]
        return Limits(found["networks"], found["rows_a_second"], zone, found["environment"])


class RouteForm(forms.Form):
    """What a route looks at, and which launch gets what fits."""

    field = forms.ChoiceField(label=_("If"), choices=RouteField.choices)
    name = LineField(label=_("Name of the label"), required=False, max_length=80)
    value = LineField(label=_("is"), required=False, max_length=200)
    launch = forms.ModelChoiceField(
        label=_("then to"), queryset=Launch.objects.none(), to_field_name="slug", empty_label=None
    )

    def __init__(self, *args: Any, launches: QuerySet[Launch], **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "launch", launches)
        self.fields["value"].widget.attrs["spellcheck"] = "false"

    def clean(self) -> dict[str, Any]:
        """Only what the field looks at is kept."""
        found: dict[str, Any] = super().clean() or {}
        field, name, value = (found.get(part) or "" for part in ("field", "name", "value"))
        if field == RouteField.ANYTHING:
            return found | {"name": "", "value": ""}
        if field == RouteField.LABEL and not name:
            self.add_error("name", gettext("Which label? For example “team”."))
        if not value:
            self.add_error("value", gettext("Say what it has to be."))
        elif field == RouteField.PATH and not value.startswith("/"):
            self.add_error("value", gettext("A path begins with a slash, for example /shop."))
        elif field == RouteField.HOST and not _HOST.fullmatch(value):
            self.add_error("value", gettext("Write a host such as shop.example.org or *.example.org."))
        return found | {"name": name if field == RouteField.LABEL else ""}


class RetentionForm(forms.Form):
    """How long single calls are kept."""

    keep_days = forms.IntegerField(
        label=_("Days that single calls are kept"),
        min_value=1,
        max_value=keeping.LONGEST_DAYS,
        help_text=_("What is older goes within the hour. Windows, and every figure made of them, stay."),
    )


_HOURS = [
    (0, _("no, only as far back as calls are kept")),
    (1, _("for 1 hour")),
    (24, _("for a day")),
    (168, _("for a week")),
]


class BackfillForm(forms.Form):
    """Whether a source may send old rows for a while."""

    hours = forms.TypedChoiceField(label=_("Take rows of up to 400 days ago"), choices=_HOURS, coerce=int)
