"""Where the engines of one `var` folder live, and as whom they run.

PostgreSQL refuses to run as root. Then both engines run as `nobody`, who owns only their data and socket
folders. Where `nobody` cannot reach `var` or the programs (a checkout in root's private home), these are kept
under `/var/lib` instead; no permission of any parent folder is ever widened.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LONGEST_SOCKET_PATH = 100  # the kernel's limit is 104 to 108 bytes


class EngineError(RuntimeError):
    """An embedded engine could not be started or stopped; the text says why and where its log is."""


@dataclass(frozen=True)
class EngineUser:
    """As whom the engines run."""

    uid: int
    gid: int
    is_other: bool

    @classmethod
    def of_this_process(cls) -> "EngineUser":
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), is_other=False)
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid, is_other=True)

    def reaches(self, path: Path) -> bool:
        """Whether this user may pass every folder on the way to `path`, and `path` itself."""
        if not self.is_other:
            return True
        steps = (step for step in (path, *path.parents) if step.exists())
        return all(step.stat().st_mode & 0o001 for step in steps)

    def own(self, folder: Path) -> None:
        """Make `folder` this user's alone."""
        os.chown(folder, self.uid, self.gid)
        folder.chmod(0o700)

    @property
    def process_options(self) -> dict[str, Any]:
        """What `subprocess` needs to run a program as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}


@dataclass(frozen=True)
class Place:
    """The folders and files of the engines of one `var` folder."""

    var: Path

    @property
    def user(self) -> EngineUser:
        return EngineUser.of_this_process()

    @property
    def home(self) -> Path:
        """The folder that holds whatever the engines' user must reach."""
        if self.user.reaches(self.var.absolute()):
            return self.var.absolute() / "engines"
        return Path("/var/lib") / self._short_name

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    @property
    def sockets(self) -> Path:
        """A private folder with a path short enough for a socket."""
        inside = self.home / "run"
        if len(bytes(inside / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET_PATH:
            return inside
        return Path(tempfile.gettempdir()) / self._short_name

    @property
    def postgres_socket(self) -> Path:
        return self.sockets / ".s.PGSQL.5432"

    @property
    def postgres_socket_lock(self) -> Path:
        return self.sockets / ".s.PGSQL.5432.lock"

    @property
    def postgres_pid(self) -> Path:
        return self.data / "postmaster.pid"

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def redis_pid(self) -> Path:
        return self.sockets / "redis.pid"

    @property
    def _short_name(self) -> str:
        digest = hashlib.sha256(f"{os.geteuid()} {self.var.absolute()}".encode()).hexdigest()
        return f"supportportal-{digest[:12]}"

    def log(self, engine: str) -> Path:
        return self.var.absolute() / "log" / f"{engine}.log"

    def prepare(self) -> None:
        """Make the folders. Raises EngineError when somebody else holds the socket folder."""
        self.log("any").parent.mkdir(parents=True, exist_ok=True)
        self.home.mkdir(parents=True, exist_ok=True)
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        holder = self.sockets.lstat().st_uid
        if self.sockets.is_symlink() or holder not in {os.geteuid(), self.user.uid}:
            raise EngineError(f"{self.sockets} belongs to another user; remove it and start again.")
        self.user.own(self.sockets)

    def program(self, package: str, relative: str) -> Path:
        """The program `relative` of a wheel, or a copy within the engines' reach. Raises EngineError without it."""
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise EngineError(
                f"The embedded engines are not installed ({package} is missing). "
                "Set DATABASE_URL and REDIS_URL, or install the `embedded` extra."
            )
        original = Path(spec.origin).parent
        if self.user.reaches(original / relative):
            return original / relative
        programs = self.home / "programs" / package
        if not programs.exists():
            self._copy_wheel(original, programs)
        return programs / package / relative

    def _copy_wheel(self, original: Path, programs: Path) -> None:
        """Copy a package and the libraries beside it, which it finds by a relative path."""
        draft = programs.with_name(f"{programs.name}.partial")
        if draft.exists():
            shutil.rmtree(draft)
        for folder in (original, original.with_name(f"{original.name}.libs")):
            if folder.exists():
                shutil.copytree(folder, draft / folder.name, symlinks=True)
        draft.rename(programs)
