"""What is asked of search and trending, and what they answer."""

import re
from datetime import timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length, OneOf, Range

from schemas.feed import IN_LANGUAGE, LANGUAGE, ArticleSummary, Group, LimitQuery, Members
from schemas.fields import Instant

SUGGESTED = ("tag", "source", "story", "article")
_WINDOW = re.compile(r"^(\d{1,3})([hd])$(?!\n)")
# The same, with its longest in it.
WINDOW = "^(([1-9]|[1-9][0-9]|1[0-5][0-9]|16[0-8])h|[1-7]d)$"
_LONGEST = timedelta(days=7)


class Window(fields.String):
    """A length of time such as 24h or 7d, at most a week."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        found = _WINDOW.match(str(super()._deserialize(value, attr, data, **kwargs)))
        if found is None:
            raise ValidationError("Write a window such as 24h or 7d.")
        unit = timedelta(hours=1) if found.group(2) == "h" else timedelta(days=1)
        window = int(found.group(1)) * unit
        if not timedelta() < window <= _LONGEST:
            raise ValidationError("A window is at most seven days long.")
        return window


class SearchQuery(LimitQuery):
    q = fields.String(required=True, validate=Length(1, 200))
    tag = fields.String(
        load_default="",
        validate=Length(max=200),
        metadata={"description": "Only articles with this tag."},
    )
    source = fields.String(
        load_default="",
        validate=Length(max=200),
        metadata={"description": "Only articles of this source, by its slug."},
    )
    category = fields.String(
        load_default="",
        validate=Length(max=200),
        metadata={"description": "Only articles of this section, by its slug."},
    )
    language = fields.String(load_default="", validate=LANGUAGE, metadata=IN_LANGUAGE)
    cursor = fields.String(load_default=None)
    fields_ = Members()
    since = Instant(
        load_default=None, metadata={"description": "Only what was published then or later."}
    )
    until = Instant(
        load_default=None, metadata={"description": "Only what was published before this time."}
    )
    group = Group()


class SearchPage(Schema):
    articles = fields.List(fields.Nested(ArticleSummary))
    next_cursor = fields.String(allow_none=True)


class SuggestionsQuery(Schema):
    q = fields.String(
        required=True,
        validate=Length(1, 100),
        metadata={"description": "What was written so far."},
    )


class Suggestion(Schema):
    """Something that begins like what was written, with its page."""

    kind = fields.String(validate=OneOf(SUGGESTED))
    text = fields.String()
    url = fields.Url()


class SuggestionList(Schema):
    suggestions = fields.List(
        fields.Nested(Suggestion),
        metadata={"description": "Names and headlines that begin like what was written."},
    )


class TrendingQuery(LimitQuery):
    limit = fields.Integer(load_default=10, validate=Range(1, 50))
    window = Window(
        load_default=timedelta(hours=24), metadata={"default": "24h", "pattern": WINDOW}
    )
