"""This module is the door of Django's admin: superusers only, through the same sign-in as everybody."""

from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _


class Administration(AdminSite):
    """Tables as they are, for those who run the installation."""

    site_header = site_title = _("Hypercare administration")
    index_title = _("Tables")
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Superusers only."""
        return request.user.is_active and getattr(request.user, "is_superuser", False)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG002 - the interface
        """The one sign-in, with its limits and second factor; somebody signed in without the right is refused."""
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or request.path)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # type: ignore[override]  # noqa: ARG002
        """The one sign-out, which ends open sockets too."""
        return redirect("account_logout")


class Shown(ModelAdmin):  # type: ignore[type-arg]  # generic for mypy only
    """Rows to look at: the product writes them, its own pages change them."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - the framework's interface
        """Never by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - the framework's interface
        """Never by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - the framework's interface
        """Never by hand."""
        return False
