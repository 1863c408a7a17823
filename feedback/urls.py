"""This module names the addresses of feedback: the public ones first, then those of a launch's members."""

from django.urls import path

from feedback.views import attachments, known, mine, notes, portal, quarantine, receipt, widget, widget_test

app_name = "feedback"

urlpatterns = [
    path("w/<str:key>/widget.js", widget.script, name="widget_script"),
    path("w/<str:key>/reports", widget.reports, name="widget_reports"),
    path("w/<str:key>/known", known.in_widget, name="widget_known"),
    path("launches/<slug:slug>/portal/known/", known.in_portal, name="portal_known"),
    path("launches/<slug:slug>/portal/", portal.portal, name="portal"),
    path("r/<slug:secret>/", receipt.receipt, name="receipt"),
    path("r/<slug:secret>/attachments/<int:number>/", receipt.own_attachment, name="own_attachment"),
    path("my/reports/", mine.my_reports, name="my_reports"),
    path("launches/<slug:slug>/notes/new/", notes.new_note, name="new_note"),
    path("launches/<slug:slug>/attachments/<int:number>/", attachments.attachment, name="attachment"),
    path("launches/<slug:slug>/widget-test/", widget_test.widget_test, name="widget_test"),
    path("launches/<slug:slug>/first-report/", widget_test.first_report, name="first_report"),
    path("launches/<slug:slug>/quarantine/", quarantine.waiting, name="quarantine"),
    path("launches/<slug:slug>/quarantine/<int:number>/", quarantine.decide, name="quarantine_decide"),
]
