"""This module names how an AI answer failed, by its words: a rule, since nobody has taught it enough yet."""

from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _

from feedback.models import Channel, Feedback
from triage.classify.phrases import Phrases, quoted
from triage.classify.suggestion import Suggestion, suggest

FIELD = "ai_failure"
# The gravest first: where several are told as loudly, the first stands.
_TOLD = {
    "privacy_leak": """
        someone_else's somebody_else's another_customer's another_customer other_customers other_people's another_user
        personal_data home_address private_data leaked leaks leaking system_prompt annan_kund* andra_kunders någon_annans
        personuppgift* läcker läckte privata_uppgifter""",
    "unsafe": """
        dangerous unsafe harmful self_harm suicid* poison* weapon* overdose insult* swore swears abusive toxic offensive
        medical_advice threaten* farlig* skadlig* självmord* kränk* förolämp* hotar hotade""",
    "biased": """
        bias biased prejudice* sexist racist stereotyp* discriminat* unfair_to partisk* fördom* rasistisk* sexistisk*
        diskriminer*""",
    "made_up": """
        hallucinat* invent invents invented fabricat* made_up makes_up making_up untrue does_not_exist doesn't_exist
        never_existed don't_exist no_such_product hittar_på hittat_på hittade_på påhittad* finns_inte existerar_inte""",
    "context_lost": """
        forget forgets forgot forgotten does_not_remember doesn't_remember can't_remember lost_the_thread loses_context
        lost_context lost_the_context loses_the_context starts_over started_over asks_me_again asked_me_again asks_again
        from_scratch told_it_already already_told_it glömm* glömt glömde minns_inte kommer_inte_ihåg börjar_om
        tappar_tråden tappade_tråden tappar_sammanhanget frågar_igen""",
    "refused_wrongly": """
        refuses refused refusing won't_answer will_not_answer would_not_answer cannot_help_with can't_help_with
        can't_help_me cannot_help_me cannot_answer_that declines_to not_allowed_to_answer vägrar vägrade vill_inte_svara
        kan_inte_hjälpa får_inte_svara""",
    "repetitive": """
        repeats_itself repeating_itself keeps_repeating repeats_the_same the_same_answer same_sentence same_reply
        over_and_over in_a_loop repetitive upprepar samma_svar om_och_om samma_mening""",
    "irrelevant": """
        irrelevant off_topic nothing_to_do_with unrelated not_what_i_asked wasn't_what_i_asked did_not_answer_my
        didn't_answer_my does_not_answer_my doesn't_answer_my another_question something_else_entirely ovidkommande
        irrelevanta inte_det_jag_frågade svarar_på_något_annat inget_med_frågan""",
    "format_broken": """
        markdown malformed raw_html html_tags broken_table formatting cut_off mid_sentence middle_of_a_sentence truncated
        invalid_json broken_json stars_and_hashes formatering* avklipp* avhugg* mitt_i_en_mening trasig_tabell""",
    "drift": """
        used_to_be_better was_better_before got_worse gotten_worse getting_worse worse_than_before worse_than_last
        worse_since since_the_new_model since_the_model new_prompt sämre_än_förut sämre_än_innan blivit_sämre
        nya_modellen""",
    "too_costly": "expensive costly costs budget bill spend tokens token_use dyr dyrt dyra kostnad* kostar budgeten",
    "too_slow": """
        slow slowly slower sluggish too_long forever takes_ages timeout times_out timed_out minutes_to_answer
        seconds_to_answer minute_to_answer långsam* segt evigheter svarstid* väntetid* tar_för_lång""",
    "incorrect": """
        wrong wrongly incorrect incorrectly inaccurate misleading mistaken false outdated not_true isn't_true
        not_correct isn't_correct fel felaktig* stämmer_inte stämmer_ej missvisande inaktuell*""",
}
AI_FAILURES = tuple(_TOLD)
_PHRASES = Phrases(_TOLD)
_AI_TYPES = frozenset({"ai_quality", "ai_cost"})
_CLEAR, _LOUDEST, _BETWEEN = 0.75, 0.65, 0.45


def is_about_ai(row: Feedback, *, category: str, thoughts: Collection[str]) -> bool:
    """Whether a report is about an AI's answer: by where it came in, what its reporter chose, its type, or its words."""
    chosen = row.kind == "ai_answer" or row.channel == Channel.AI_ANSWER
    return chosen or category in _AI_TYPES or "assistant" in thoughts


def suggest_failure(words: Sequence[str]) -> Suggestion | None:
    """How it failed by the words that tell; not sure where two ways are told as loudly, None where none is told."""
    found = _PHRASES.find(words)
    if not found:
        return None
    best = max(AI_FAILURES, key=lambda value: len(found.get(value, ())))
    loud = sorted((len(told) for told in found.values()), reverse=True)
    confidence = _CLEAR if len(loud) == 1 else _LOUDEST if loud[0] > loud[1] else _BETWEEN
    reason = _("because of: %(words)s") % {"words": quoted(found[best])}
    return suggest(FIELD, best, confidence=confidence, reason=reason, origin="rule", decider="rule: AI failure words")
