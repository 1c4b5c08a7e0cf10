"""Feeds, articles, tags, sources and categories as the app reads them."""

from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields
from marshmallow.validate import Equal, Length, OneOf, Range, Regexp

from schemas.fields import Instant
from schemas.values import GROUPS, REMOVALS, TAG_KINDS

IN_LANGUAGE = {"description": "Only articles in this language, written as BCP 47 has it."}
LANGUAGE = Regexp(
    r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$(?!\n)",
    error="{input} is no language. Write one such as en, en-GB or zh-Hant-TW.",
)


GROUP = {"description": "`story` shows an event once: its newest article, with `story.others`."}
OTHERS = (
    "In a grouped list the rest of the story in this list, the newest first, at most 20. All of it "
    "is at `/v1/stories/{id}`."
)
# Since 1.2.0 of the contract; answered until the day that docs/api.md says.
TOLD_TWICE = "The same in short. Read `story.others`: this one is answered until 2027-12-15."


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
    type = fields.String(metadata={"description": "Its media type, or audio or video."})
    length_bytes = fields.Integer(allow_none=True)
    duration_s = fields.Integer(allow_none=True)


class Source(Schema):
    slug = fields.String()
    name = fields.String()


class Category(Schema):
    slug = fields.String()
    name = fields.String()


class StoryRef(Schema):
    id = fields.String(metadata={"description": "The story's id."})
    source_count = fields.Integer()


class StoryInList(StoryRef):
    """An article's story; `others` is there in lists that are grouped."""

    others = fields.List(
        fields.Nested(lambda: ArticleSummary()),
        metadata={"optional": True, "description": OTHERS},
    )


class Screen(Schema):
    name = fields.String()
    params = fields.Dict(keys=fields.String(), values=fields.String())


class Telling(Schema):
    """What another article of the same list says of the same story."""

    id = fields.String()
    url = fields.String()
    source_url = fields.String()
    title = fields.String()
    source = fields.Nested(Source, metadata={"description": "Who published it."})
    language = fields.String()
    published_at = Instant()
    screen = fields.Nested(Screen)


class ArticleSummary(Schema):
    """`canonical_url` and `attribution` are there for sources that ask for them, `others` in lists
    that are grouped.
    """

    id = fields.String()
    url = fields.String()
    source_url = fields.String()
    title = fields.String()
    summary = fields.String()
    authors = fields.List(fields.Nested(Author))
    image = fields.Nested(Image, allow_none=True)
    source = fields.Nested(Source, metadata={"description": "Who published it."})
    category = fields.Nested(Category, allow_none=True)
    tags = fields.List(fields.String(), metadata={"description": "Its tags by name."})
    language = fields.String()
    published_at = Instant()
    updated_at = Instant()
    breaking = fields.Boolean()
    corrected_at = Instant(allow_none=True)
    story = fields.Nested(StoryInList, allow_none=True)
    screen = fields.Nested(Screen)
    canonical_url = fields.String(metadata={"optional": True})
    attribution = fields.String(metadata={"optional": True})
    others = fields.List(
        fields.Nested(Telling),
        metadata={"optional": True, "deprecated": True, "description": TOLD_TWICE},
    )


class Story(StoryRef):
    """One event that several publishers tell; it is called what the first of its articles is."""

    url = fields.String()
    title = fields.String()
    language = fields.String()
    screen = fields.Nested(Screen)


class StoryPage(Schema):
    """`articles` are all that tell it, the oldest first."""

    story = fields.Nested(Story, metadata={"description": "The story."})
    articles = fields.List(fields.Nested(ArticleSummary))
    next_cursor = fields.String(allow_none=True)


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
    kind = fields.String(validate=OneOf(TAG_KINDS))
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


class Upsert(Schema):
    """The article is new in the list, or reads otherwise than before: put it in its place."""

    op = fields.String(validate=Equal("upsert"))
    article = fields.Nested(ArticleSummary)


class Remove(Schema):
    """The article is no longer in the list."""

    op = fields.String(validate=Equal("remove"))
    id = fields.String()
    reason = fields.String(validate=OneOf(REMOVALS))
    into = fields.String(metadata={"optional": True})


class Change(Schema):
    """What became of one article. Pass over a change with an `op` that you do not know."""

    discriminator: ClassVar[str] = "op"
    variants: ClassVar[dict[str, type[Schema]]] = {"upsert": Upsert, "remove": Remove}


class ChangePage(Schema):
    changes = fields.List(fields.Nested(Change))
    sync_cursor = fields.String()
    has_more = fields.Boolean()


class FeedPage(Schema):
    """`pinned` are on top of the first page by an editor's word; `articles` has them as well, at
    their own places.
    """

    pinned = fields.List(
        fields.Nested(ArticleSummary),
        metadata={"description": "What an editor put on top; empty on later pages."},
    )
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


class HomeUpsert(Upsert):
    article = fields.Nested(HomeArticle)


class HomeChange(Change):
    """As of every feed; what no followed topic shows any more has the reason `unfollowed`."""

    variants: ClassVar[dict[str, type[Schema]]] = {"upsert": HomeUpsert, "remove": Remove}


class HomeChangePage(ChangePage):
    changes = fields.List(fields.Nested(HomeChange))


class Query(Schema):
    """Query strings ignore what they do not know: links carry tracking parameters."""

    class Meta:
        unknown = EXCLUDE


class LimitQuery(Query):
    limit = fields.Integer(load_default=20, validate=Range(1, 100))


class StoryQuery(Query):
    limit = fields.Integer(load_default=100, validate=Range(1, 100))
    cursor = fields.String(
        load_default=None, metadata={"description": "The `next_cursor` of the page before."}
    )


class Members(fields.String):
    """Sparse fieldset: names of an article's members, comma-separated, in canonical order."""

    def __init__(self, article: type[ArticleSummary] = ArticleSummary) -> None:
        self._known = frozenset(article().fields)
        name = f"({'|'.join(sorted(self._known))})"
        limits = {"default": "", "pattern": f"^{name}(,{name})*$"}
        super().__init__(data_key="fields", load_default=(), metadata=limits)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        named = {name.strip() for name in text.split(",") if name.strip()}
        unknown = sorted(named - self._known)
        if unknown:
            raise ValidationError(f"An article has no {', '.join(unknown)}.")
        return tuple(sorted(named))


class Group(fields.String):
    """Where it stands among the parameters is kept: clients in Java call by position."""

    def __init__(self) -> None:
        super().__init__(load_default="", validate=OneOf(GROUPS), metadata=GROUP)


class _SyncQuery(LimitQuery):
    cursor = fields.String(
        required=True,
        metadata={"description": "The `sync_cursor` of the list, or of the changes before."},
    )


class ChangesQuery(_SyncQuery):
    language = fields.String(load_default="", validate=LANGUAGE, metadata=IN_LANGUAGE)
    group = Group()


class HomeChangesQuery(_SyncQuery):
    group = Group()


class _NewestQuery(LimitQuery):
    cursor = fields.String(
        load_default=None, metadata={"description": "The `next_cursor` of the page before."}
    )
    until = fields.String(
        load_default=None,
        metadata={
            "description": "The `newest_cursor` that the app holds: only what is newer is answered."
        },
    )


class FeedQuery(_NewestQuery):
    language = fields.String(load_default="", validate=LANGUAGE, metadata=IN_LANGUAGE)
    group = Group()
    fields_ = Members()


class HomeQuery(_NewestQuery):
    fields_ = Members(HomeArticle)
    group = Group()


class TagsQuery(LimitQuery):
    q = fields.String(
        load_default="",
        validate=Length(max=100),
        metadata={"description": "How a spelling of the tag begins."},
    )
