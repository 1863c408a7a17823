"""This module keeps views of the board and the list: filters and grouping under a name, private or for everyone."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from hypercare.core.access import Principal
from hypercare.core.models import Launch, User
from hypercare.core.one_line import one_line
from hypercare.core.problem import Problem, not_found, wrong
from hypercare.core.roles import Right
from hypercare.core.strict_json import clean_text
from triage.board import readers
from triage.filters import IssueFilter
from triage.models import SavedView, Visibility

GROUPING = "lanes"
MOST = 50
_LONGEST = 1000


def views_of(launch: Launch, *, reader: User) -> QuerySet[SavedView]:
    """A person's own views and those of everyone, by name."""
    shared = Q(visibility__in=[Visibility.TEAM, Visibility.DEFAULT])
    return (
        SavedView.objects.filter(shared | Q(owner=reader), launch=launch).select_related("owner").order_by("name", "pk")
    )


def view_of(launch: Launch, pk: int, *, reader: User) -> SavedView:
    """The view of that number; 404 for one that the reader does not see."""
    view = views_of(launch, reader=reader).filter(pk=pk).first()
    if view is None:
        raise not_found(_("There is no such view here."))
    return view


def default_of(launch: Launch) -> SavedView | None:
    """The view that a board without filters shows first."""
    return SavedView.objects.filter(launch=launch, visibility=Visibility.DEFAULT).first()


def kept_query(text: str) -> str:
    """The filters and the grouping of an address, without all else."""
    query, kept = QueryDict(text[:_LONGEST]), QueryDict(mutable=True)
    for name, values in query.lists():
        if name in IssueFilter.base_filters or name == GROUPING:
            kept.setlist(name, [value for value in values if value])
    return kept.urlencode()


@transaction.atomic
def save(launch: Launch, *, name: str, query: str, visibility: str, principal: Principal, now: datetime) -> SavedView:
    """Keeps a view, in the place of one's own of that name; who manages the launch may choose what all see first."""
    name = _checked_name(name)
    query = kept_query(query)
    if len(query) > _LONGEST:
        raise wrong("/query", _("These are too many filters for one view."))
    if visibility not in Visibility.values:
        raise wrong("/visibility", _("Use one of %(known)s.") % {"known": ", ".join(Visibility.values)})
    rights = principal.rights_in(launch)
    if visibility == Visibility.TEAM and Right.TRIAGE not in rights:
        raise Problem(403, _("Who only reads keeps views for themselves."))
    if visibility == Visibility.DEFAULT:
        if Right.MANAGE not in rights:
            raise Problem(403, _("Only who manages the launch chooses what everyone sees first."))
        SavedView.objects.filter(launch=launch, visibility=Visibility.DEFAULT).update(visibility=Visibility.TEAM)
    if SavedView.objects.filter(launch=launch, owner=principal.user).exclude(name=name).count() >= MOST:
        raise Problem(409, _("You have %(most)s views; remove one first.") % {"most": MOST})
    kept = {"query": query, "visibility": visibility, "saved_at": now}
    same = SavedView.objects.filter(launch=launch, owner=principal.user, name=name, query=query).exists()
    view = SavedView.objects.update_or_create(launch=launch, owner=principal.user, name=name, defaults=kept)[0]
    if not same:
        readers.begin_anew(view, now=now)  # other filters: what they match already is no news
    return view


def remove(launch: Launch, pk: int, *, principal: Principal) -> None:
    """Forgets a view: one's own, or, for who manages the launch, any that everyone sees."""
    view = view_of(launch, pk, reader=principal.user)
    if view.owner_id != principal.user.pk and Right.MANAGE not in principal.rights_in(launch):
        raise Problem(403, _("This view is %(who)s's; ask them to remove it.") % {"who": view.owner})
    view.delete()


def _checked_name(text: str) -> str:
    name = one_line(text)
    if not name or len(name) > 60 or list(clean_text(name)):
        raise wrong("/name", _("Give the view a name of 1 to 60 characters."))
    return name
