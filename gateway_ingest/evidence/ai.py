"""This module compares models and the versions of their prompts: speed, tokens, cost, errors, flags, what people think."""

from dataclasses import dataclass

from gateway_ingest.evidence import reading
from gateway_ingest.evidence.reading import Figures, Wanted
from gateway_ingest.evidence.signature import Span
from gateway_ingest.models import CallKind
from hypercare.core.models import Launch

# Of fewer ratings a share says nothing.
LEAST_RATINGS = 10


@dataclass(frozen=True)
class AiRow:
    """One version of a prompt on one model; times in milliseconds, cost in the sender's currency, None is unknown."""

    provider: str
    model: str
    prompt_version: str
    calls: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    first_token_p50_ms: float | None
    first_token_p95_ms: float | None
    input_tokens: int
    output_tokens: int
    tokens_a_call: float
    cost: float
    cost_a_call: float
    errors: int
    error_share: float
    provider_errors: int
    flagged: int
    forgot: int
    helpful: int
    ratings: int
    helpful_share: float | None


def ai_table(launch: Launch, span: Span) -> list[AiRow]:
    """One row for each model and prompt version that was called, or rated for earlier calls, the busiest first."""
    kinds = CallKind.objects.filter(launch=launch).exclude(model="")
    keys = {pk: tuple(key) for pk, *key in kinds.values_list("pk", "provider", "model", "prompt_version")}
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys.values()))}
    wanted = Wanted({pk: numbers[key] for pk, key in keys.items()}, span, sketches=("latencies", "first_bytes"))
    names = {number: key for key, number in numbers.items()}
    found = reading.read(launch.pk, wanted)
    rows = [
        _row(names[number], figures)
        for (number, _bucket), figures in found.items()
        if figures.calls or figures.helpful or figures.unhelpful
    ]
    return sorted(rows, key=lambda row: (-row.calls, row.model, row.prompt_version))


def _row(key: tuple[str, ...], figures: Figures) -> AiRow:
    calls, ratings = figures.calls, figures.helpful + figures.unhelpful
    each = calls or 1
    durations = figures.durations
    firsts = reading.counted(figures.sketches["first_bytes"])
    return AiRow(
        provider=key[0],
        model=key[1],
        prompt_version=key[2],
        calls=calls,
        p50_ms=reading.milliseconds(durations, 0.5),
        p95_ms=reading.milliseconds(durations, 0.95),
        p99_ms=reading.milliseconds(durations, 0.99),
        first_token_p50_ms=reading.milliseconds(firsts, 0.5),
        first_token_p95_ms=reading.milliseconds(firsts, 0.95),
        input_tokens=figures.input_tokens,
        output_tokens=figures.output_tokens,
        tokens_a_call=(figures.input_tokens + figures.output_tokens) / each,
        cost=figures.cost / 1e9,
        cost_a_call=figures.cost / 1e9 / each,
        errors=figures.errors,
        error_share=figures.errors / each,
        provider_errors=figures.provider_errors,
        flagged=figures.flagged,
        forgot=figures.forgot,
        helpful=figures.helpful,
        ratings=ratings,
        helpful_share=figures.helpful / ratings if ratings >= LEAST_RATINGS else None,
    )
