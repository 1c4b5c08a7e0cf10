"""The newsroom's list of tags, with what makes each of them one."""

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range

from schemas.fields import Instant
from schemas.sources import SparseQuery
from schemas.values import TAG_KINDS, TAG_RULES, TAG_STATES


class NewsroomTagsQuery(SparseQuery):
    """Without a state: every tag that readers can meet, whatever made it one."""

    state = fields.String(load_default=None, validate=OneOf(TAG_STATES))
    kind = fields.String(load_default=None, validate=OneOf(TAG_KINDS))
    source = fields.String(
        load_default=None,
        validate=Length(1, 200),
        metadata={"description": "The slug of a source that uses it."},
    )
    q = fields.String(load_default="", validate=Length(max=200))
    limit = fields.Integer(load_default=20, validate=Range(1, 100))
    cursor = fields.String(load_default=None)


class TagPublisher(Schema):
    """How many articles of a source carry the tag, or say the name."""

    source = fields.String(metadata={"description": "The slug of the source."})
    articles = fields.Integer(metadata={"description": "How many of its articles."})
    as_keyword = fields.Boolean()


class TagRule(Schema):
    """How many articles carry the tag by this rule."""

    rule = fields.String(validate=OneOf(TAG_RULES))
    articles = fields.Integer(metadata={"description": "How many articles."})


class TagArticle(Schema):
    id = fields.String()
    title = fields.String()


class TagText(Schema):
    """An article that says the name."""

    id = fields.String()
    title = fields.String()
    source = fields.String(metadata={"description": "The slug of the source."})


class NewsroomTag(Schema):
    """A tag, or a name that may become one, with its evidence.

    A candidate has no `id`; its figures are of the last 48 hours. `forbidden_for` are the sources
    it is forbidden for, while others may use it. `is_suggested`: readers are shown it in
    suggestions, and search engines may list its page.
    """

    id = fields.String(allow_none=True)
    name = fields.String()
    kind = fields.String(
        allow_none=True,
        validate=OneOf(TAG_KINDS),
        metadata={"description": "What kind of tag it is; null for a name that is none."},
    )
    state = fields.String(validate=OneOf(TAG_STATES))
    members = fields.List(fields.String())
    articles = fields.Integer(metadata={"description": "How many articles carry it."})
    followers = fields.Integer()
    publishers = fields.List(fields.Nested(TagPublisher))
    rules = fields.List(fields.Nested(TagRule))
    first_seen_at = Instant(allow_none=True)
    last_seen_at = Instant(allow_none=True)
    latest_article = fields.Nested(TagArticle, allow_none=True)
    texts = fields.List(
        fields.Nested(TagText),
        metadata={"description": "Of a candidate the newest articles that say it."},
    )
    is_suggested = fields.Boolean()
    created_at = Instant(allow_none=True)
    forbidden_at = Instant(allow_none=True)
    forbidden_for = fields.List(fields.String())
    merged_into = fields.String(allow_none=True)
    merged_at = Instant(allow_none=True)
    undo_until = Instant(allow_none=True)


class NewsroomTagInFull(NewsroomTag):
    """`publishers` and `rules` are of its newest 1,000 articles. `aliases` are the other spellings
    that lead to it, as they are compared; `pairs` the newest that it is a part of.
    """

    aliases = fields.List(fields.String())
    pairs = fields.List(
        fields.String(), metadata={"description": "The newest pairs that it is a part of."}
    )


class NewsroomTagList(Schema):
    """The newest first; candidates by how many sources and articles say them."""

    tags = fields.List(fields.Nested(NewsroomTag))
    next_cursor = fields.String(allow_none=True)
