"""This module answers with a paper as a file to keep."""

from django.http import HttpResponse
from django.utils.translation import gettext as _

from hypercare.core.problem import not_found
from triage.papers.paper import Paper, as_markdown
from triage.papers.pdf import as_pdf


def as_file(paper: Paper, form: str) -> HttpResponse:
    """The paper as `md` or `pdf`; Problem 404 for any other form."""
    if form == "md":
        answer = HttpResponse(as_markdown(paper), content_type="text/markdown; charset=utf-8")
    elif form == "pdf":
        answer = HttpResponse(as_pdf(paper), content_type="application/pdf")
    else:
        raise not_found(_("A file is md or pdf."))
    answer["Content-Disposition"] = f'attachment; filename="{paper.name}.{form}"'
    return answer
