"""This module puts an issue's analysis of the cause into the few words that reviews, articles and runbooks say of it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from triage.models import Issue
from triage.rootcause.reading import Analysis as Whole
from triage.rootcause.reading import analysis_of


@dataclass(frozen=True)
class Analysis:
    """What an analysis says, each part as a sentence or a few words; `symptom` is kept apart from the causes."""

    symptom: str = ""
    causes: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    why_missed: tuple[str, ...] = ()
    source: str = ""


def analysis_in_words(issue: Issue) -> Analysis | None:
    """What the analysis of an issue says by now; None where it names no cause yet."""
    whole = analysis_of(issue)
    return in_words(whole) if whole and (whole.cause or whole.factors or whole.whys) else None


def in_words(whole: Whole) -> Analysis:
    """The cause and what contributed; where no cause is named, what the whys end in."""
    ends = [why for why in whole.all_whys() if why.is_end]
    found = [whole.cause] if whole.cause else [why.text for why in ends]
    codes = [whole.code_word, *(why.code_word for why in ends)]
    return Analysis(
        symptom=whole.symptom,
        causes=(*found, *whole.factors),
        codes=tuple(dict.fromkeys(filter(None, codes))),
        why_missed=(whole.missed_word,) if whole.missed else (),
        source=_("From the analysis of the cause of %(key)s.") % {"key": whole.issue},
    )
