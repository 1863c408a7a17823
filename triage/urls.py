"""This module names triage's pages."""

from django.urls import path

from triage.views import (
    board,
    health,
    inbox,
    issue,
    lookup,
    model,
    priorities,
    questions,
    report,
    saved_views,
    set_aside,
    themes,
    tickets,
)
from triage.views import exit as exit_views

app_name = "triage"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("launches/<slug:slug>/board/", board.board, name="board"),
    path("launches/<slug:slug>/board/hidden/", board.hidden, name="board_hidden"),
    path("launches/<slug:slug>/board/limits/", saved_views.limit, name="board_limits"),
    path("launches/<slug:slug>/views/", saved_views.save, name="view_save"),
    path("launches/<slug:slug>/views/<int:pk>/remove/", saved_views.remove, name="view_remove"),
    path("launches/<slug:slug>/inbox/", inbox.inbox, name="inbox"),
    path("launches/<slug:slug>/inbox/waiting/", inbox.waiting, name="inbox_waiting"),
    path("launches/<slug:slug>/feedback/<str:key>/", inbox.report, name="feedback"),
    path("launches/<slug:slug>/feedback/<str:key>/override/", inbox.override, name="feedback_override"),
    path("launches/<slug:slug>/set-aside/", set_aside.page, name="set_aside"),
    path("launches/<slug:slug>/set-aside/turn/", set_aside.turn, name="set_aside_turn"),
    path("launches/<slug:slug>/set-aside/<str:key>/", set_aside.decide, name="set_aside_decide"),
    path("launches/<slug:slug>/alike/", lookup.alike, name="alike"),
    path("launches/<slug:slug>/issues/", issue.issues, name="issues"),
    path("launches/<slug:slug>/issues/<str:key>/", issue.issue, name="issue"),
    path("launches/<slug:slug>/issues/<str:key>/<slug:name>/", issue.order, name="issue_order"),
    path("launches/<slug:slug>/model/", model.card, name="model"),
    path("launches/<slug:slug>/model/train/", model.train, name="model_train"),
    path("launches/<slug:slug>/model/promote/", model.promote, name="model_promote"),
    path("launches/<slug:slug>/model/roll-back/", model.roll_back, name="model_roll_back"),
    path("launches/<slug:slug>/teach/", questions.page, name="questions"),
    path("launches/<slug:slug>/teach/<str:key>/", questions.answer, name="question_answer"),
    path("launches/<slug:slug>/model/tickets/", tickets.page, name="tickets"),
    path("launches/<slug:slug>/model/tickets/<int:pk>/", tickets.one, name="ticket_import"),
    path("launches/<slug:slug>/model/tickets/<int:pk>/progress/", tickets.progress, name="ticket_progress"),
    path("launches/<slug:slug>/themes/", themes.themes, name="themes"),
    path("launches/<slug:slug>/priorities/", priorities.page, name="priorities"),
    path("launches/<slug:slug>/priorities/scoring/", priorities.scoring, name="scoring"),
    path("launches/<slug:slug>/exit/", exit_views.show, name="exit"),
    path("launches/<slug:slug>/exit/<slug:code>/", exit_views.change, name="criterion"),
    path("launches/<slug:slug>/verdict/", report.verdict, name="verdict"),
    path("launches/<slug:slug>/report/", report.today, name="report"),
    path("launches/<slug:slug>/reports/", report.archive, name="reports"),
    path("launches/<slug:slug>/reports/<str:day>/", report.on_day, name="report_on"),
    path("launches/<slug:slug>/reports/<str:day>/mail.html", report.as_mailed, name="report_mail"),
    path("launches/<slug:slug>/reports/<str:day>/<slug:order>/", report.change, name="report_change"),
]
