"""Articles sent many at once, and what became of each."""

from marshmallow import Schema, fields
from marshmallow.validate import Length

from schemas.body import Body
from schemas.fields import Instant, Item
from schemas.newsroom import ArticleDraft, IgnoredTag
from schemas.problem import Problem

MOST_ARTICLES = 100


class BatchArticle(ArticleDraft):
    """An article as in a `PUT` of its own, with the two parts of its address beside it."""

    source = fields.String(required=True, validate=Length(1, 200))
    external_id = fields.String(required=True, validate=Length(1, 2000))


class ArticleBatch(Body):
    articles = fields.List(
        Item(BatchArticle),
        required=True,
        validate=Length(1, MOST_ARTICLES),
        metadata={"description": "The articles, published in this order."},
    )


class ArticleResult(Schema):
    """What became of one article. `status` is that of a `PUT` of its own: 201 published, 200 a new
    version or the same as before, else what `problem` says. `source` and `external_id` are those
    that were sent, null where they could not be read.
    """

    source = fields.String(allow_none=True)
    external_id = fields.String(allow_none=True)
    status = fields.Integer(metadata={"description": "The HTTP status of this article alone."})
    id = fields.String(allow_none=True, metadata={"description": "Our id; null when refused."})
    notification_id = fields.String(allow_none=True)
    embargo_until = Instant(allow_none=True)
    refused_date = Instant(allow_none=True)
    ignored_tags = fields.List(fields.Nested(IgnoredTag))
    problem = fields.Nested(
        Problem, allow_none=True, metadata={"description": "Why it was refused, else null."}
    )


class ArticleResults(Schema):
    """One result an article, in the order that they were sent in."""

    results = fields.List(fields.Nested(ArticleResult))
