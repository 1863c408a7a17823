"""This package is what triage may ask of traffic: reach, what is near a report, before and after, one request, series."""

from gateway_ingest.evidence.ai import AiRow, ai_table
from gateway_ingest.evidence.deployments import Comparison, Word, before_and_after
from gateway_ingest.evidence.governance import Finding, governance
from gateway_ingest.evidence.innermost import innermost_failures
from gateway_ingest.evidence.keeping import keep_evidence
from gateway_ingest.evidence.life import Life, life_of
from gateway_ingest.evidence.near import Piece, evidence_of, failed_requests, near, traces_of
from gateway_ingest.evidence.reach import CALLS_ONLY, Reach, reach
from gateway_ingest.evidence.routes import Routes, routes
from gateway_ingest.evidence.series import MEASURES, Course, Series, course, series
from gateway_ingest.evidence.signature import Signature, Span, resolved
from gateway_ingest.evidence.versions import SPLITS, Version, Versions, versions

__all__ = [
    "CALLS_ONLY",
    "MEASURES",
    "SPLITS",
    "AiRow",
    "Comparison",
    "Course",
    "Finding",
    "Life",
    "Piece",
    "Reach",
    "Routes",
    "Series",
    "Signature",
    "Span",
    "Version",
    "Versions",
    "Word",
    "ai_table",
    "before_and_after",
    "course",
    "evidence_of",
    "failed_requests",
    "governance",
    "innermost_failures",
    "keep_evidence",
    "life_of",
    "near",
    "reach",
    "resolved",
    "routes",
    "series",
    "traces_of",
    "versions",
]
