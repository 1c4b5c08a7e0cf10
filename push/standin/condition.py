"""Conditions over topics: `'a' in topics && !('b' in topics)`. Pure.

Source: FCM, "Send messages to topics": at most five topics; `&&`, `||`, `!` and parentheses.
"""

import re

MOST_TOPICS = 5
_ONE = "\0"  # what stands for an expression that was read
_TOPIC = re.compile(r"'([a-zA-Z0-9\-_.~%]{1,900})'\s+in\s+topics\b", re.ASCII)
_JOINED = re.compile(f"!\\s*{_ONE}|\\(\\s*{_ONE}\\s*\\)|{_ONE}\\s*(?:&&|\\|\\|)\\s*{_ONE}")


def fault_of(condition: str) -> str:
    """Return what is wrong with a condition; empty when nothing is."""
    if len(_TOPIC.findall(condition)) > MOST_TOPICS:
        return f"Invalid condition: at most {MOST_TOPICS} topics are allowed"
    left = _TOPIC.sub(_ONE, condition.replace(_ONE, "?")).strip()
    while (shorter := _JOINED.sub(_ONE, left)) != left:
        left = shorter
    return "" if left == _ONE else "Invalid condition expression"
