"""This module names the addresses of triage's API."""

from django.urls import path

from triage.api import changes, feedback, issues, model, saved_views, scoring, similar, spam, undo
from triage.api import exit as exit_api

urlpatterns = [
    path("feedback/", feedback.FeedbackList.as_view(), name="api_feedback"),
    path("feedback/bulk/", feedback.FeedbackBulk.as_view(), name="api_feedback_bulk"),
    path("feedback/<str:key>/", feedback.FeedbackDetail.as_view(), name="api_feedback_one"),
    path("feedback/<str:key>/override/", feedback.FeedbackOverride.as_view(), name="api_feedback_override"),
    path("issues/", issues.IssueList.as_view(), name="api_issues"),
    path("issues/bulk/", issues.IssueBulk.as_view(), name="api_issues_bulk"),
    path("issues/<str:key>/", issues.IssueDetail.as_view(), name="api_issue"),
    path("issues/<str:key>/transition/", issues.IssueTransition.as_view(), name="api_issue_transition"),
    path("issues/<str:key>/proposal/", issues.IssueProposal.as_view(), name="api_issue_proposal"),
    path("issues/<str:key>/undo/", undo.IssueUndo.as_view(), name="api_issue_undo"),
    path("issues/<str:key>/merge/", issues.IssueMerge.as_view(), name="api_issue_merge"),
    path("issues/<str:key>/similar/", similar.IssueSimilar.as_view(), name="api_issue_similar"),
    path("issues/<str:key>/unmerge/", issues.IssueUnmerge.as_view(), name="api_issue_unmerge"),
    path("issues/<str:key>/override/", issues.IssueOverride.as_view(), name="api_issue_override"),
    path("issues/<str:key>/scores/", scoring.IssueScores.as_view(), name="api_issue_scores"),
    path("issues/<str:key>/why/", scoring.IssueWhy.as_view(), name="api_issue_why"),
    path("launches/<str:slug>/scoring/", scoring.Scoring.as_view(), name="api_scoring"),
    path("launches/<str:slug>/spam/", spam.Spam.as_view(), name="api_spam"),
    path("launches/<str:slug>/model/", model.Model.as_view(), name="api_model"),
    path("launches/<str:slug>/model/train/", model.Train.as_view(), name="api_model_train"),
    path("launches/<str:slug>/model/promote/", model.Promote.as_view(), name="api_model_promote"),
    path("launches/<str:slug>/model/roll-back/", model.RollBack.as_view(), name="api_model_roll_back"),
    path("launches/<str:slug>/model/questions/", model.Questions.as_view(), name="api_model_questions"),
    path("launches/<str:slug>/model/tickets/", model.Tickets.as_view(), name="api_model_tickets"),
    path("launches/<str:slug>/model/tickets/<int:pk>/", model.OneImport.as_view(), name="api_model_ticket_import"),
    path("exit/", exit_api.Exit.as_view(), name="api_exit"),
    path("launches/<str:slug>/changes/", changes.Changes.as_view(), name="api_changes"),
    path("launches/<str:slug>/changes/<int:number>/", changes.Change.as_view(), name="api_change"),
    path("launches/<str:slug>/changes/<int:number>/undo/", changes.ChangeUndo.as_view(), name="api_change_undo"),
    path("launches/<str:slug>/views/", saved_views.SavedViews.as_view(), name="api_views"),
    path("launches/<str:slug>/views/<int:number>/", saved_views.SavedViewOne.as_view(), name="api_view"),
    path("launches/<str:slug>/board/", issues.BoardChanges.as_view(), name="api_board"),
]
