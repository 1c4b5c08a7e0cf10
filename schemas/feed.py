"""Feeds, articles, tags, sources and categories as the app reads them."""

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields
from marshmallow.validate import Length, Range, Regexp

from schemas.fields import Instant

LANGUAGE = Regexp(
    r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$(?!\n)",
    error="{input} is no language. Write one such as en, en-GB or zh-Hant-TW.",
)


class Image(Schema):
    url = fields.String()
    width = fields.Integer(allow_none=True)
    height = fields.Integer(allow_none=True)
    alt = fields.String(allow_none=True)


class Author(Schema):
    name = fields.String()
    url = fields.String(allow_none=True)


class Media(Schema):
    """Sound or video: `type` is its media type, or audio or video when nobody said more."""

    url = fields.String()
    type = fields.String()
    length_bytes = fields.Integer(allow_none=True)
    duration_s = fields.Integer(allow_none=True)


class Source(Schema):
    slug = fields.String()
    name = fields.String()


class Category(Schema):
    slug = fields.String()
    name = fields.String()


class StoryRef(Schema):
    id = fields.String()
    source_count = fields.Integer()


class Screen(Schema):
    name = fields.String()
    params = fields.Dict(keys=fields.String(), values=fields.String())


class ArticleSummary(Schema):
    """`canonical_url` and `attribution` are there for sources that ask for them."""

    id = fields.String()
    url = fields.String()
    source_url = fields.String()
    title = fields.String()
    summary = fields.String()
    authors = fields.List(fields.Nested(Author))
    image = fields.Nested(Image, allow_none=True)
    source = fields.Nested(Source)
    category = fields.Nested(Category, allow_none=True)
    tags = fields.List(fields.String())
    language = fields.String()
    published_at = Instant()
    updated_at = Instant()
    breaking = fields.Boolean()
    corrected_at = Instant(allow_none=True)
    story = fields.Nested(StoryRef, allow_none=True)
    screen = fields.Nested(Screen)
    canonical_url = fields.String()
    attribution = fields.String()


class Article(ArticleSummary):
    body_html = fields.String()
    body_text = fields.String()
    media = fields.List(fields.Nested(Media))
    related = fields.List(fields.Nested(ArticleSummary))


class Tag(Schema):
    id = fields.String()
    name = fields.String()
    label = fields.String()
    heading = fields.String()
    kind = fields.String()
    members = fields.List(fields.String())
    topic = fields.String()


class TagWithRelated(Tag):
    related = fields.List(fields.Nested(Tag))


class TagList(Schema):
    tags = fields.List(fields.Nested(Tag))


class SourceList(Schema):
    sources = fields.List(fields.Nested(Source))


class CategoryList(Schema):
    categories = fields.List(fields.Nested(Category))


class Change(Schema):
    """`upsert` carries the article; `remove` its id, the reason and what it was merged into."""

    op = fields.String()
    article = fields.Nested(ArticleSummary)
    id = fields.String()
    reason = fields.String()
    into = fields.String()


class ChangePage(Schema):
    changes = fields.List(fields.Nested(Change))
    sync_cursor = fields.String()
    has_more = fields.Boolean()


class FeedPage(Schema):
    articles = fields.List(fields.Nested(ArticleSummary))
    next_cursor = fields.String(allow_none=True)
    newest_cursor = fields.String(allow_none=True)
    sync_cursor = fields.String()
    gap = fields.Boolean()


class TagFeedPage(FeedPage):
    tag = fields.Nested(Tag)


class SourceFeedPage(FeedPage):
    source = fields.Nested(Source)


class CategoryFeedPage(FeedPage):
    category = fields.Nested(Category)


class HomeArticle(ArticleSummary):
    """`matched` are the followed topics that the article is in."""

    matched = fields.List(fields.String())


class HomePage(FeedPage):
    articles = fields.List(fields.Nested(HomeArticle))


class HomeChange(Change):
    """As of every feed; what no followed topic shows any more has the reason `unfollowed`."""

    article = fields.Nested(HomeArticle)


class HomeChangePage(ChangePage):
    changes = fields.List(fields.Nested(HomeChange))


class Query(Schema):
    """Query strings ignore what they do not know: links carry tracking parameters."""

    class Meta:
        unknown = EXCLUDE


class LimitQuery(Query):
    limit = fields.Integer(load_default=20, validate=Range(1, 100))


class Members(fields.String):
    """Sparse fieldset: names of an article's members, comma-separated, in canonical order."""

    def __init__(self, article: type[ArticleSummary] = ArticleSummary) -> None:
        super().__init__(data_key="fields", load_default=(), metadata={"default": ""})
        self._known = frozenset(article().fields)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        named = {name.strip() for name in text.split(",") if name.strip()}
        unknown = sorted(named - self._known)
        if unknown:
            raise ValidationError(f"An article has no {', '.join(unknown)}.")
        return tuple(sorted(named))


class HomeChangesQuery(LimitQuery):
    cursor = fields.String(required=True)


class ChangesQuery(HomeChangesQuery):
    language = fields.String(load_default="", validate=LANGUAGE)


class _NewestQuery(LimitQuery):
    cursor = fields.String(load_default=None)
    until = fields.String(load_default=None)


class FeedQuery(_NewestQuery):
    language = fields.String(load_default="", validate=LANGUAGE)
    fields_ = Members()


class HomeQuery(_NewestQuery):
    fields_ = Members(HomeArticle)


class TagsQuery(LimitQuery):
    q = fields.String(load_default="", validate=Length(max=100))
