"""Finding and ending processes by their pid files. A pid alone proves nothing: it may have been reused."""

import os
import signal
import subprocess
import time
from pathlib import Path

PROC = Path("/proc")


def living(pid_file: Path, *, marker: str) -> int | None:
    """The process named in `pid_file`, if it lives and its command line holds `marker`."""
    try:
        pid = int(pid_file.read_text().split()[0])
    except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
        return None
    return pid if marker in command_line(pid) else None


def forget_stale(pid_file: Path, *, marker: str) -> None:
    """Remove the pid file of a killed process, whose number another process may have by now."""
    if living(pid_file, marker=marker) is None:
        pid_file.unlink(missing_ok=True)


def command_line(pid: int) -> str:
    """What process `pid` runs; nothing when it is gone, or dead and not yet waited for."""
    if not PROC.joinpath("self").exists():  # macOS
        command = ["ps", "-o", "command=", "-p", str(pid)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    try:
        return PROC.joinpath(str(pid), "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def end(pid: int, how: signal.Signals, *, marker: str, seconds: float) -> bool:
    """Signal process `pid` and wait; whether it was gone within `seconds`."""
    os.kill(pid, how)
    deadline = time.monotonic() + seconds
    while marker in command_line(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
