"""How much memory there is."""

from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup/memory.max")


def total_memory() -> int:
    """Bytes of the machine, or of the container if that has a limit of its own."""
    fields = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines())
    total = int(fields["MemTotal"].split()[0]) * 1024
    try:
        return min(total, int(_CGROUP.read_text()))
    except (OSError, ValueError):  # none, or `max`
        return total
