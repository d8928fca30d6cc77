"""A memory control group for one command: a hard limit, page cache included, without swap.

Works with version 1 (/sys/fs/cgroup/memory) and version 2 (/sys/fs/cgroup); needs root.
"""
import contextlib
import os


def _version_one():
    return os.path.isdir("/sys/fs/cgroup/memory")


@contextlib.contextmanager
def memory_group(name, limit_bytes):
    """Yields a function for subprocess's preexec_fn that moves the child into a fresh group."""
    if _version_one():
        path = f"/sys/fs/cgroup/memory/{name}"
        limits = {"memory.limit_in_bytes": limit_bytes, "memory.swappiness": 0}
    else:
        path = f"/sys/fs/cgroup/{name}"
        limits = {"memory.max": limit_bytes, "memory.swap.max": 0}
    os.makedirs(path, exist_ok=True)
    try:
        for file, value in limits.items():
            with contextlib.suppress(FileNotFoundError), open(f"{path}/{file}", "w") as f:
                f.write(str(value))

        def enter():
            with open(f"{path}/cgroup.procs", "w") as f:
                f.write(str(os.getpid()))

        yield enter
    finally:
        os.rmdir(path)
