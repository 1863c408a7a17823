"""This module fetches launches for a person: fetching is the permission check."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from hypercare.core.models import ApiToken, Launch, Membership, User
from hypercare.core.problem import Problem, not_found
from hypercare.core.roles import RIGHTS_OF_ROLE, STEERING, Right, Role, Scope, rights_of_scopes, roles_with
from hypercare.core.timeline import Actor


@dataclass(frozen=True)
class Principal:
    """Who asks: a person, and the token they ask with, if any."""

    user: User
    token: ApiToken | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> "Principal":
        """The principal of an authenticated request; raises a 401 Problem for a guest."""
        user = request.user
        if isinstance(user, AnonymousUser) or not isinstance(user, User):
            raise Problem(401, _("Sign in, or send a token as Authorization: Bearer."))
        token = getattr(request, "auth", None)
        return cls(user, token if isinstance(token, ApiToken) else None)

    @property
    def actor(self) -> Actor:
        """The name the timeline shows."""
        return Actor.person(self.user)

    @property
    def source(self) -> str:
        """What idempotency is counted by: the token, or the person in the browser."""
        return f"token:{self.token.pk}" if self.token else f"user:{self.user.pk}"

    def role_in(self, launch: Launch) -> str | None:
        """The person's role in the launch; an installation's administrator is admin everywhere."""
        if self.user.is_superuser:
            return Role.ADMIN
        membership = Membership.objects.filter(launch=launch, user=self.user).first()
        return membership.role if membership else None

    def rights_in(self, launch: Launch) -> frozenset[Right]:
        """Scope AND present role."""
        if self.token and self.token.launch_id not in (None, launch.pk):
            return frozenset()
        role = self.role_in(launch)
        rights = RIGHTS_OF_ROLE.get(role or "", frozenset())
        return rights & rights_of_scopes(self.token.scopes) if self.token else rights


def access_launch(principal: Principal, slug: str, *, right: Right) -> Launch:
    """The launch named `slug`; 404 for one the person has no part in, 403 where the right is missing."""
    launch = Launch.objects.filter(slug=slug).first() if "\x00" not in slug else None
    if launch is None:
        raise not_found(_("There is no launch “%(slug)s” here for you.") % {"slug": slug[:80]})
    check(principal, launch, right=right)
    return launch


def check(principal: Principal, launch: Launch, *, right: Right) -> None:
    """Raises 404 where the person has no part in the launch, 403 where the right is missing."""
    rights = principal.rights_in(launch)
    if right in rights:
        return
    has_part = principal.role_in(launch) and not (
        principal.token and principal.token.launch_id not in (None, launch.pk)
    )
    if not has_part:
        raise not_found(_("There is no launch “%(slug)s” here for you.") % {"slug": launch.slug})
    raise Problem(
        403,
        _("Your role or token does not allow this in %(launch)s. Ask %(people)s.")
        % {"launch": launch.name, "people": whom_to_ask(launch)},
    )


def visible_launches(principal: Principal, *, right: Right = Right.READ_OWN) -> QuerySet[Launch]:
    """Launches in which the person holds the right, newest first."""
    launches = Launch.objects.order_by("-go_live_on", "name")
    if principal.token:
        if right not in rights_of_scopes(principal.token.scopes):
            return launches.none()
        if principal.token.launch_id:
            launches = launches.filter(pk=principal.token.launch_id)
    if principal.user.is_superuser:
        return launches
    return launches.filter(memberships__user=principal.user, memberships__role__in=roles_with(right))


def may_create_launches(principal: Principal) -> bool:
    """Administrators, and whoever steers a launch already; a token needs the scope and no launch of its own."""
    token = principal.token
    if token and (token.launch_id or not {Scope.ADMIN, Scope.LAUNCH_ADMIN}.intersection(token.scopes)):
        return False
    return principal.user.is_superuser or principal.user.memberships.filter(role__in=STEERING).exists()


def check_may_create_launches(principal: Principal) -> None:
    """Raises a 403 Problem that says who may."""
    if not may_create_launches(principal):
        people = ", ".join(_called(person) for person in administrators())
        raise Problem(403, _("Only administrators and leads may create a launch. Ask %(people)s.") % {"people": people})


def administrators() -> list[User]:
    """The installation's administrators, at most three."""
    return list(User.objects.filter(is_superuser=True, is_active=True).order_by("pk")[:3])


def whom_to_ask(launch: Launch) -> str:
    """The names of those who can give rights in the launch."""
    leads = User.objects.filter(memberships__launch=launch, memberships__role__in=STEERING, is_active=True).distinct()[
        :3
    ]
    return ", ".join(_called(person) for person in list(leads) or administrators())


def _called(person: User) -> str:
    return f"{person} ({person.email})" if person.name else person.email
