"""This module holds people: the account, its place in a launch and its API tokens."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from hypercare.core import clock
from hypercare.core.roles import Role


class UserManager(BaseUserManager["User"]):
    """Makes accounts; an e-mail in any case is one account."""

    def create_user(self, *, email: str, password: str | None = None, **fields: Any) -> "User":
        """A new account; without a password it signs in after a password link or by single sign-on."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, *, email: str, password: str | None = None, **fields: Any) -> "User":
        """An administrator of the whole installation."""
        return self.create_user(email=email, password=password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """The account of an e-mail, whatever its case."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(max_length=8, default="en")
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now)
    # What this person changed about the keys: {"off": true, "keys": {"accept": "y"}}.
    key_choices = models.JSONField(default=dict, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        parts = (self.name or self.email.split("@")[0]).replace(".", " ").split()
        return "".join(part[0] for part in parts[:2]).upper()


class Membership(models.Model):
    """What one person is in one launch."""

    launch = models.ForeignKey("core.Launch", models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["launch", "user"], name="one_membership_per_launch"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role}"


class ApiToken(models.Model):
    """A hashed credential for scripts; what it may do is its scopes and its owner's present role."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    launch = models.ForeignKey("core.Launch", models.CASCADE, null=True, blank=True, related_name="tokens")
    name = models.CharField(max_length=80)
    scopes = ArrayField(models.CharField(max_length=20))
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"
