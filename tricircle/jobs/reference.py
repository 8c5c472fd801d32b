"""The reference page of the job types: `python -m tricircle.jobs.reference > docs/reference/job-types.md`."""

from tricircle.domain.job_types import KINDS, JobKind

_HEAD = """\
# Job types

What `GET /v1.0/jobs/schemas` knows. `POST /v1.0/jobs` and `openstack multiregion networking job create --type` take
those whose last column names no other call. A job is of the project that owns what it is about; one about a pod is of
the project of whoever asked for it. After a failure that may pass, a job waits: first about so many seconds, each time
so many times longer, at most so many (and never longer than `worker_sleep_time`).

| type | resource | about | back-off: first, factor, longest | done by this version | made by |
| --- | --- | --- | --- | --- | --- |
"""


def render() -> str:
    """The page, as Markdown."""
    return _HEAD + "".join(f"{_row(kind)}\n" for kind in KINDS.values())


def _row(kind: JobKind) -> str:
    retry = f"{kind.retry.first:g} s, {kind.retry.factor:g}, {kind.retry.longest:g} s"
    done = "yes" if kind.is_done else "no"
    made_by = f"`{kind.made_by or 'POST /jobs'}`"
    return f"| `{kind.type}` | {', '.join(kind.fields)} | {kind.about} | {retry} | {done} | {made_by} |"


if __name__ == "__main__":
    print(render(), end="")  # noqa: T201 - what it is for
