"""This module says for every address who may come in; a new address needs a row here, or the rights walk fails."""

from dataclasses import dataclass, field
from typing import Any

from hypercare.core.roles import Right

ANYONE, SIGNED_IN, WHO_STEERS, ROOT = "anyone", "whoever is signed in", "whoever steers a launch", "administrators"


@dataclass(frozen=True)
class Row:
    """A path with the names of things in it, who may come in, and how it is asked."""

    path: str
    who: str
    methods: str = "GET"
    data: dict[str, Any] = field(default_factory=dict)
    hides: bool = False  # says 404, not 403, to members without the right
    form: bool = False  # also where it is an API address: a form or none, instead of JSON


S, SET, BOX = "/launches/{slug}/", "/launches/{slug}/settings/", "/launches/{slug}/outbox/"
API = "/api/v1/"
REPORT = {"launch": "{slug}", "channel": "api", "title": "Basket is empty"}
DEPLOYED = {"launch": "{slug}", "component": "checkout", "version": "1", "environment": "production"}

TABLE = {
    # first pages
    "core:home": Row("/", ANYONE),
    "core:my_launches": Row("/launches/", SIGNED_IN),
    "core:new_launch": Row("/launches/new/", WHO_STEERS, "GET POST"),
    "core:proposed_slug": Row("/launches/new/slug/?name=Shop", WHO_STEERS),
    "core:launch": Row(S, Right.READ_OWN),
    "core:setup": Row(S + "setup/", Right.MANAGE, "GET POST"),
    # settings
    "core:settings": Row(SET, Right.MANAGE, "GET POST"),
    "core:closing": Row(SET + "closing/", Right.MANAGE, "POST", {"slug": "{slug}"}),
    "core:members": Row(SET + "members/", Right.MANAGE, "GET POST"),
    "core:member_role": Row(SET + "members/{member}/role/", Right.MANAGE, "POST", {"role": "agent"}),
    "core:member_invite": Row(SET + "members/{member}/invite/", Right.MANAGE, "POST"),
    "core:member_remove": Row(SET + "members/{member}/remove/", Right.MANAGE, "POST"),
    "core:teams": Row(SET + "teams/", Right.MANAGE, "GET POST"),
    "core:team": Row(SET + "teams/{team}/", Right.MANAGE, "GET POST"),
    "core:components": Row(SET + "components/", Right.MANAGE, "GET POST"),
    "core:component": Row(SET + "components/{component}/", Right.MANAGE, "GET POST"),
    "core:fields": Row(SET + "fields/", Right.MANAGE, "GET POST"),
    "core:field": Row(SET + "fields/{field}/", Right.MANAGE, "GET POST"),
    "core:keys": Row(SET + "widget/", Right.MANAGE),
    "core:key_origins": Row(SET + "widget/{key}/origins/", Right.MANAGE, "POST", {"origins": "https://x.example"}),
    "core:key_rotate": Row(SET + "widget/{key}/rotate/", Right.MANAGE, "POST"),
    # messages, log, tokens
    "core:outbox": Row(BOX, Right.MANAGE),
    "core:message": Row(BOX + "{message}/", Right.MANAGE),
    "core:message_page": Row(BOX + "{message}/html/", Right.MANAGE),
    "core:message_again": Row(BOX + "{message}/again/", Right.MANAGE, "POST"),
    "core:all_outbox": Row("/outbox/", ROOT),
    "core:all_message": Row("/outbox/{mail}/", ROOT),
    "core:all_message_page": Row("/outbox/{mail}/html/", ROOT),
    "core:all_message_again": Row("/outbox/{mail}/again/", ROOT, "POST"),
    "core:audit": Row(S + "audit/", Right.AUDIT),
    "core:audit_csv": Row(S + "audit.csv", Right.AUDIT),
    "core:tokens": Row("/tokens/", SIGNED_IN, "GET POST"),
    "core:token_revoke": Row("/tokens/{token}/revoke/", SIGNED_IN, "POST"),
    "core:unsubscribe": Row("/unsubscribe/{stop}/", ANYONE, "GET POST"),
    # people speak
    "feedback:widget_script": Row("/w/{widget}/widget.js", ANYONE),
    "feedback:widget_reports": Row("/w/{widget}/reports", ANYONE, "POST"),
    "feedback:widget_known": Row("/w/{widget}/known", ANYONE, "POST", {"text": "Basket is empty"}),
    "feedback:portal_known": Row(S + "portal/known/", ANYONE, "POST", {"text": "Basket is empty"}),
    "feedback:portal": Row(S + "portal/", ANYONE, "GET POST"),
    "feedback:receipt": Row("/r/{secret}/", ANYONE),
    "feedback:own_attachment": Row("/r/{secret}/attachments/{attachment}/", ANYONE),
    "feedback:my_reports": Row("/my/reports/", SIGNED_IN),
    "feedback:new_note": Row(S + "notes/new/", Right.WRITE_NOTES, "GET POST"),
    "feedback:attachment": Row(S + "attachments/{attachment}/", Right.READ),
    "feedback:widget_test": Row(S + "widget-test/", Right.READ),
    "feedback:first_report": Row(S + "first-report/", Right.READ),
    "feedback:quarantine": Row(S + "quarantine/", Right.TRIAGE),
    "feedback:quarantine_decide": Row(S + "quarantine/{quarantined}/", Right.TRIAGE, "POST", {"do": "drop"}),
    # machines speak
    "gateway_ingest:alerts": Row(S + "alerts/", Right.READ),
    "gateway_ingest:alert": Row(S + "alerts/{alert}/", Right.READ),
    "gateway_ingest:alert_end": Row(S + "alerts/{alert}/end/", Right.TRIAGE, "POST", {"reason": "The host is gone"}),
    "gateway_ingest:traffic": Row(S + "traffic/", Right.READ),
    "gateway_ingest:traffic_ai": Row(S + "traffic/ai/", Right.READ),
    "gateway_ingest:traffic_search": Row(S + "traffic/requests/?q=7", Right.READ),
    "gateway_ingest:traffic_request": Row(S + "traffic/requests/{trace}/", Right.READ),
    "gateway_ingest:traffic_deployment": Row(S + "traffic/deployments/{deployment}/", Right.READ),
    "gateway_ingest:traffic_governance": Row(S + "traffic/governance/", Right.READ),
    "gateway_ingest:description_upload": Row(S + "traffic/governance/upload/", Right.MANAGE, "POST"),
    "gateway_ingest:description_remove": Row(S + "traffic/governance/{description}/remove/", Right.MANAGE, "POST"),
    "gateway_ingest:sources": Row(S + "sources/", Right.MANAGE),
    "gateway_ingest:sources_health": Row(S + "sources/health/", Right.MANAGE),
    "gateway_ingest:call_retention": Row(S + "sources/retention/", Right.MANAGE, "POST", {"keep_days": "14"}),
    "gateway_ingest:source": Row(S + "sources/{source}/", Right.MANAGE),
    "gateway_ingest:source_facts": Row(S + "sources/{source}/facts/", Right.MANAGE),
    "gateway_ingest:source_limits": Row(S + "sources/{source}/limits/", Right.MANAGE, "POST"),
    "gateway_ingest:source_backfill": Row(S + "sources/{source}/backfill/", Right.MANAGE, "POST", {"hours": "1"}),
    "gateway_ingest:source_route_add": Row(
        S + "sources/{source}/routes/", Right.MANAGE, "POST", {"field": "anything", "launch": "{slug}"}
    ),
    "gateway_ingest:source_route_remove": Row(S + "sources/routes/{route}/remove/", Right.MANAGE, "POST"),
    "gateway_ingest:source_create": Row(S + "sources/create/", Right.MANAGE, "POST"),
    "gateway_ingest:source_end_keys": Row(S + "sources/{source}/end-keys/", Right.MANAGE, "POST"),
    "gateway_ingest:source_rotate": Row(S + "sources/{source}/rotate/", Right.MANAGE, "POST"),
    "gateway_ingest:source_end": Row(S + "sources/{source}/end/", Right.MANAGE, "POST"),
    "gateway_ingest:source_signing": Row(S + "sources/{source}/signing/", Right.MANAGE, "POST"),
    "gateway_ingest:mapping": Row(S + "sources/{source}/mapping/", Right.MANAGE, "GET POST", {"title": "t"}),
    "gateway_ingest:mapping_preview": Row(S + "sources/{source}/mapping/preview/", Right.MANAGE, "POST"),
    "gateway_ingest:letters": Row(S + "sources/letters/", Right.MANAGE),
    "gateway_ingest:letters_replay": Row(S + "sources/letters/replay/", Right.MANAGE, "POST", {"reason": "x"}),
    "gateway_ingest:letters_dismiss": Row(S + "sources/letters/dismiss/", Right.MANAGE, "POST", {"reason": "x"}),
    "gateway_ingest:letter_dismiss": Row(S + "sources/letters/{letter}/dismiss/", Right.MANAGE, "POST"),
    "gateway_ingest:letter_replay": Row(S + "sources/letters/{letter}/replay/", Right.MANAGE, "POST"),
    "gateway_ingest:source_first_event": Row(S + "sources/{source}/first-event/", Right.MANAGE),
    "gateway_ingest:rules": Row(S + "rules/", Right.READ),
    "gateway_ingest:rule": Row(S + "rules/error_burst/", Right.READ),
    "gateway_ingest:rule_chart": Row(S + "rules/error_burst/chart/", Right.READ),
    "gateway_ingest:rule_target": Row(S + "rules/target/", Right.MANAGE, "POST", {"p95_ms": "800"}),
    "gateway_ingest:maintenance": Row(S + "rules/maintenance/", Right.MANAGE, "POST"),
    "gateway_ingest:maintenance_end": Row(S + "rules/maintenance/{maintenance}/end/", Right.MANAGE, "POST"),
    "gateway_ingest:heartbeat_remove": Row(S + "rules/heartbeats/{heartbeat}/remove/", Right.MANAGE, "POST"),
    # triage
    "triage:healthz": Row("/healthz", ANYONE),
    "triage:board": Row(S + "board/", Right.READ),
    "triage:board_hidden": Row(S + "board/hidden/", Right.READ),
    "triage:inbox": Row(S + "inbox/", Right.READ),
    "triage:inbox_waiting": Row(S + "inbox/waiting/", Right.READ),
    "triage:feedback": Row(S + "feedback/{feedback}/", Right.READ),
    "triage:set_aside": Row(S + "set-aside/", Right.READ),
    "triage:set_aside_turn": Row(S + "set-aside/turn/", Right.MANAGE, "POST", {"on": "true"}),
    "triage:set_aside_decide": Row(S + "set-aside/{feedback}/", Right.TRIAGE, "POST", {"value": "genuine"}),
    "triage:feedback_override": Row(S + "feedback/{feedback}/override/", Right.TRIAGE, "POST"),
    "triage:alike": Row(S + "alike/", Right.READ, "POST", {"text": "Basket is empty"}),
    "triage:issues": Row(S + "issues/", Right.READ),
    "triage:issue": Row(S + "issues/{issue}/", Right.READ),
    "triage:issue_order": Row(S + "issues/{issue}/note/", Right.TRIAGE, "POST", {"text": "Looked at it"}),
    "triage:themes": Row(S + "themes/", Right.READ),
    "triage:priorities": Row(S + "priorities/", Right.READ),
    "triage:scoring": Row(S + "priorities/scoring/", Right.READ),
    "triage:model": Row(S + "model/", Right.READ),
    "triage:model_train": Row(S + "model/train/", Right.MANAGE, "POST"),
    "triage:model_promote": Row(S + "model/promote/", Right.MANAGE, "POST", {"version": "1"}),
    "triage:model_roll_back": Row(S + "model/roll-back/", Right.MANAGE, "POST"),
    "triage:questions": Row(S + "teach/", Right.TRIAGE),
    "triage:question_answer": Row(S + "teach/{feedback}/", Right.TRIAGE, "POST", {"value": "bug"}),
    "triage:tickets": Row(S + "model/tickets/", Right.MANAGE, "GET POST"),
    "triage:ticket_import": Row(S + "model/tickets/{tickets}/", Right.MANAGE, "GET POST"),
    "triage:ticket_progress": Row(S + "model/tickets/{tickets}/progress/", Right.MANAGE),
    "triage:exit": Row(S + "exit/", Right.READ),
    "triage:criterion": Row(S + "exit/{code}/", Right.MANAGE, "GET POST"),
    "triage:verdict": Row(S + "verdict/", Right.READ),
    "triage:report": Row(S + "report/", Right.READ),
    "triage:reports": Row(S + "reports/", Right.READ),
    "triage:report_on": Row(S + "reports/{day}/", Right.READ),
    "triage:report_mail": Row(S + "reports/{day}/mail.html", Right.READ),
    "triage:report_change": Row(S + "reports/{day}/hold/", Right.SEND_REPORT, "POST"),
    # the API
    "api-launches": Row(API + "launches/", SIGNED_IN),
    "api-launch": Row(API + "launches/{slug}/", Right.READ_OWN),
    "api-alerts": Row(API + "alerts/?launch={slug}", Right.READ),
    "api-alert-end": Row(API + "alerts/AL-{alert}/end/", Right.TRIAGE, "POST", {"reason": "The host is gone"}),
    "api-calls": Row(API + "calls/?launch={slug}&trace_id=" + "1" * 32, Right.READ),
    "api-windows": Row(API + "windows/?launch={slug}&from=2026-05-28T12:00:00Z&to=2026-05-28T13:00:00Z", Right.READ),
    "api-deployments": Row(API + "deployments/?launch={slug}", Right.READ),
    "api-rules": Row(API + "rules/?launch={slug}", Right.READ),
    "api-rule": Row(API + "rules/error_burst/?launch={slug}", Right.READ),
    "api-rule-dry-run": Row(API + "rules/error_burst/dry-run/?launch={slug}", Right.MANAGE, "POST"),
    "api-evidence-reach": Row(API + "evidence/reach/?launch={slug}", Right.READ),
    "api-evidence-near": Row(API + "evidence/near/{feedback}/", Right.READ),
    "api-evidence-deployment": Row(API + "evidence/deployments/DP-{deployment}/", Right.READ),
    "api-evidence-trace": Row(API + "evidence/traces/{trace}/?launch={slug}", Right.READ),
    "api-evidence-ai": Row(API + "evidence/ai/?launch={slug}", Right.READ),
    "api-evidence-routes": Row(API + "evidence/routes/?launch={slug}", Right.READ),
    "api-evidence-series": Row(API + "evidence/series/?launch={slug}&measure=calls", Right.READ),
    "api-evidence-governance": Row(API + "evidence/governance/?launch={slug}", Right.READ),
    "api-evidence-descriptions": Row(API + "evidence/governance/descriptions/?launch={slug}", Right.READ),
    "api-evidence-description": Row(API + "evidence/governance/descriptions/AD-{description}/", Right.READ),
    "api-sources": Row(API + "sources/?launch={slug}", Right.MANAGE),
    "api-source": Row(API + "sources/{source}/", Right.MANAGE, hides=True),
    "api-source-end": Row(API + "sources/{source}/end/", Right.MANAGE, "POST", hides=True),
    "api-source-end-keys": Row(API + "sources/{source}/end-earlier-keys/", Right.MANAGE, "POST", hides=True),
    "api-source-rotate": Row(API + "sources/{source}/rotate/", Right.MANAGE, "POST", hides=True),
    "api_feedback": Row(API + "feedback/?launch={slug}", Right.READ),
    "api_feedback_bulk": Row(API + "feedback/bulk/", SIGNED_IN, "POST"),
    "api_feedback_one": Row(API + "feedback/{feedback}/", Right.READ),
    "api_feedback_override": Row(API + "feedback/{feedback}/override/", Right.TRIAGE, "POST"),
    "api_issues": Row(API + "issues/?launch={slug}", Right.READ),
    "api_issues_bulk": Row(API + "issues/bulk/", SIGNED_IN, "POST"),
    "api_issue": Row(API + "issues/{issue}/", Right.READ),
    "api_issue_transition": Row(API + "issues/{issue}/transition/", Right.TRIAGE, "POST"),
    "api_issue_undo": Row(API + "issues/{issue}/undo/", Right.TRIAGE, "POST"),
    "api_issue_merge": Row(API + "issues/{issue}/merge/", Right.TRIAGE, "POST", {"into": "{issue}"}),
    "api_issue_unmerge": Row(API + "issues/{issue}/unmerge/", Right.TRIAGE, "POST", {"into": "{issue}"}),
    "api_issue_similar": Row(API + "issues/{issue}/similar/", Right.READ),
    "api_issue_override": Row(API + "issues/{issue}/override/", Right.TRIAGE, "POST"),
    "api_issue_proposal": Row(API + "issues/{issue}/proposal/", Right.TRIAGE, "POST"),
    "api_issue_scores": Row(API + "issues/{issue}/scores/", Right.READ),
    "api_issue_why": Row(API + "issues/{issue}/why/", Right.READ),
    "api_scoring": Row(API + "launches/{slug}/scoring/", Right.READ),
    "api_spam": Row(API + "launches/{slug}/spam/", Right.READ),
    "api_model": Row(API + "launches/{slug}/model/", Right.READ),
    "api_model_train": Row(API + "launches/{slug}/model/train/", Right.MANAGE, "POST"),
    "api_model_promote": Row(API + "launches/{slug}/model/promote/", Right.MANAGE, "POST", {"version": "1"}),
    "api_model_roll_back": Row(API + "launches/{slug}/model/roll-back/", Right.MANAGE, "POST"),
    "api_model_questions": Row(API + "launches/{slug}/model/questions/", Right.TRIAGE),
    "api_model_tickets": Row(API + "launches/{slug}/model/tickets/", Right.MANAGE),
    "api_exit": Row(API + "exit/?launch={slug}", Right.READ),
    "api_board": Row(API + "launches/{slug}/board/", Right.READ),
    "schema": Row(API + "schema/", ANYONE),
    "set_language": Row("/i18n/setlang/", ANYONE, "POST", form=True),
}

# The other thing an address does, where it needs another right.
MORE = [
    Row(API + "launches/", WHO_STEERS, "POST", {"name": "Spring shop"}),
    Row(API + "launches/{slug}/", Right.MANAGE, "PATCH", {"name": "Renamed"}),
    Row(API + "feedback/", Right.REPORT, "POST", REPORT),
    Row(S + "rules/error_burst/", Right.MANAGE, "POST", {"do": "disarm"}),
    Row(API + "rules/error_burst/?launch={slug}", Right.MANAGE, "PATCH", {"least": "30"}),
    Row(API + "launches/{slug}/model/tickets/", Right.MANAGE, "POST", {"name": "Jira"}),
    Row(API + "sources/", Right.MANAGE, "POST", {"launch": "{slug}", "name": "gateway 2"}),
    Row(API + "sources/{source}/", Right.MANAGE, "PATCH", {"rows_a_second": "5"}, hides=True),
    Row(API + "deployments/", Right.INGEST, "POST", DEPLOYED),
    Row(API + "evidence/governance/descriptions/?launch={slug}", Right.MANAGE, "POST"),
    Row(API + "evidence/governance/descriptions/AD-{description}/", Right.MANAGE, "DELETE"),
]

# Answered by the process, its workers and its keys alone; tests of their own hold them.
NOT_BY_ROLE = {"triage:readyz"}
DOORS_OF_MACHINES = "gateway_ingest:ingest"
