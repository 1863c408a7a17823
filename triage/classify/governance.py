"""This module flags what a report means for how APIs are governed, by its words: a rule, which only suggests."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from triage.classify.phrases import Phrases, quoted
from triage.classify.suggestion import Suggestion, suggest

FIELD = "governance"
# The gravest first, as with failures of AI. Only what is said of an interface: “error 500” alone flags nothing.
_TOLD = {
    "data_protection": """
        gdpr personal_data data_protection privacy_policy right_to_be_forgotten data_retention data_subject
        data_processing_agreement without_consent personuppgift* dataskydd* utan_samtycke integritetspolicy*""",
    "security_policy": """
        without_authentication no_authentication unauthenticated basic_auth key_in_the_url token_in_the_url
        password_in_the_url secret_in_the_url keys_in_the_url plain_text_password* passwords_in_plain over_plain_http
        security_policy allows_any_origin no_rate_limit utan_autentisering lösenord_i_klartext nyckel_i_adressen
        säkerhetspolicy*""",
    "versioning": """
        breaking_change* without_a_new_version without_new_version version_header backwards_compat*
        backward_compat* not_backwards_compatible api_version* deprecat* sunset_header removed_from_the_api
        renamed_in_the_api field_was_renamed field_was_removed contract_changed schema_changed changed_without_notice
        bakåtkompatib* brytande_ändring* utan_ny_version döptes_om_i_api""",
    "error_format": """
        error_format error_body error_bodies error_schema error_structure problem_json problem_details 200_with_an_error
        200_but_the_body html_instead_of_json stack_trace_in_the no_error_code errors_as_html errors_in_html felformat*
        felkod_saknas html_i_stället_för""",
    "sla_quotas": """
        sla slas service_level* our_quota quota_of the_quota quotas rate_limit rate_limits rate_limited 429
        too_many_requests throttled throttling kvoten kvoter tjänstenivå* för_många_anrop""",
    "documentation": """
        not_documented undocumented not_in_the_docs missing_from_the_docs docs_say docs_are documentation_says
        documentation_is openapi swagger api_reference api_docs inte_dokumenterad* odokumenterad* dokumentationen_säger
        dokumentationen_stämmer""",
    "design_standard": """
        naming_convention* camel_case snake_case api_guideline* style_guide design_guideline* design_standard*
        rest_conventions not_restful get_that_changes get_changes_data post_instead_of get_instead_of inconsistent_naming
        namnkonvention* designstandard* designriktlinje*""",
}
GOVERNANCE = tuple(_TOLD)
_PHRASES = Phrases(_TOLD)
_SEVERAL, _ONE = 0.8, 0.65


def suggest_flag(words: Sequence[str]) -> Suggestion | None:
    """The flag that most words tell, the gravest among equals; None where none is told."""
    found = _PHRASES.find(words)
    if not found:
        return None
    best = max(GOVERNANCE, key=lambda value: len(found.get(value, ())))
    confidence = _SEVERAL if len(found[best]) > 1 else _ONE
    reason = _("because of: %(words)s") % {"words": quoted(found[best])}
    return suggest(FIELD, best, confidence=confidence, reason=reason, origin="rule", decider="rule: governance words")
