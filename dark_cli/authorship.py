"""Who makes an edit: `--as`, else DARK_AUTHOR, the e-mail address that git would use, the system's user.

Imported on the warm path: only `os`. Reads git's plain settings files itself, since starting git would cost more than
all the rest of a command; what they include from other files is not followed. Must not know canvases beyond their
folder. Invariant: there is always an author, and finding one never raises.
"""

from __future__ import annotations

import os


def find_author(environment: os._Environ[str] | dict[str, str], folder: str) -> str:
    """The author's name for edits in the canvas at `folder` (may be empty)."""
    given = environment.get("DARK_AUTHOR") or environment.get("GIT_AUTHOR_EMAIL")
    return given or _git_email(environment, folder) or environment.get("USER") or _system_user()


def _git_email(environment: os._Environ[str] | dict[str, str], folder: str) -> str:
    for path in _git_settings(environment, folder):
        email = _email_in(path)
        if email:
            return email
    return ""


def _git_settings(environment: os._Environ[str] | dict[str, str], folder: str) -> list[str]:
    """Git's settings files, the strongest first."""
    found = []
    while folder:
        if os.path.isdir(folder + "/.git"):
            found.append(folder + "/.git/config")
            break
        above = os.path.dirname(folder)
        folder = "" if above == folder else above
    home = environment.get("HOME") or ""
    if environment.get("GIT_CONFIG_GLOBAL"):
        found.append(environment["GIT_CONFIG_GLOBAL"])
    else:
        found.append(home + "/.gitconfig")
        found.append((environment.get("XDG_CONFIG_HOME") or home + "/.config") + "/git/config")
    return found


def _email_in(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(1 << 20)
    except OSError:
        return ""
    section, email = "", ""
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            section = line.partition("]")[0][1:].strip().lower()
        elif section == "user":
            name, _, value = line.partition("=")
            if name.strip().lower() == "email":
                email = value.strip().strip('"')
    return email


def _system_user() -> str:
    try:
        import pwd  # late: seldom needed

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return "unknown"
