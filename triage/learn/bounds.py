"""This module bounds a training's process: the lowest priority, so much time, so much memory."""

import os
import resource
import signal

CPU_SECONDS = 300
WALL_SECONDS = 900
MEMORY_BYTES = 2 * 2**30


def bound_this_process(*, cpu_seconds: int = CPU_SECONDS, wall_seconds: int = WALL_SECONDS) -> None:
    """Lowers the priority and limits what the process may take; the system ends it where it takes more."""
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    signal.alarm(wall_seconds)
