"""What commands say of a source, of a poll and of a trial, in lines."""

from collections.abc import Iterable

from backend.ingest.entry_counts import counts_from
from backend.ingest.source_state import SourceState
from backend.ingest.websub.state import WebSubState
from backend.tables.ingest import SourcePoll


def line_of(state: SourceState) -> str:
    due = state.next_poll_at.isoformat(timespec="seconds") if state.next_poll_at else "never"
    words = [state.slug, state.health, f"next {due}", state.feed_url or ""]
    return "  ".join([*words, *_remarks(state)])


def _remarks(state: SourceState) -> Iterable[str]:
    if state.failures:
        yield f"({state.failures} failures: {state.last_error})"
    elif state.health_reason:
        yield f"({state.health_reason})"
    if remarks := ", ".join(counts_from(state.entry_counts).remarks()):
        yield f"(of the last {state.entry_counts['entries']:,} entries {remarks})"
    if state.websub is not None:
        yield f"(websub {state.websub.status}{_because(state.websub)})"
    pages = ", ".join(f"{count:,} {name}" for name, count in state.page_counts.items() if count)
    if pages:
        yield f"(pages: {pages.replace('_', ' ')})"
    if state.window_overflows:
        yield f"({state.window_overflows} times more entries than the feed shows)"


def _because(websub: WebSubState) -> str:
    return f": {websub.last_error}" if websub.last_error else ""


def line_of_poll(poll: SourcePoll) -> str:
    names = ("new", "changed", "unchanged", "refused", "undated")
    counts = [f"{getattr(poll, name)} {name}" for name in names if getattr(poll, name)]
    status = f"status {poll.status}" if poll.status else "no answer"
    return f"{poll.outcome}: {', '.join([status, *counts])} ({poll.duration_ms} ms)"
