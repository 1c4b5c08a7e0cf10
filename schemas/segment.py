"""Whom an alert is for beside its topics, and at which hour: what editors say of it."""

from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, post_load, validates_schema
from marshmallow.validate import Equal, Length, OneOf, Regexp

from schemas.audience import CLOCK, EDITION, PLATFORMS
from schemas.body import Body

LANGUAGE = Regexp(
    r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,4}$(?!\n)",
    error="{input} is no language. Write one such as en or pt-BR.",
)
COUNTRY = Regexp(r"^[A-Z]{2}$(?!\n)", error="Write a country by its two letters, such as KR.")
VERSION = Regexp(
    r"^\d{1,9}(\.\d{1,9}){0,5}(-?(a|b|rc|alpha|beta)\.?\d{0,9})?$(?!\n)",
    error="Write a version such as 4.12.0 or 4.12.0-beta.1.",
)


SOMETIMES = {"optional": True}
TIME_OF_DAY = {"description": "The time of day, as HH:MM.", "examples": ["08:00"]}


def topics_list(most: int, **options: Any) -> fields.List[Any]:
    return fields.List(fields.String(validate=Length(1, 300)), validate=Length(1, most), **options)


def _parts(rule: Any, most: int) -> fields.List[Any]:
    return fields.List(fields.String(validate=rule), validate=Length(1, most))


class AppVersions(Body):
    """Both ends belong to it."""

    says_something: ClassVar[bool] = True

    min = fields.String(validate=VERSION)
    max = fields.String(validate=VERSION)

    @validates_schema
    def _has_an_end(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError("Name the oldest version as min, or the newest as max.")


class AudienceDraft(Body):
    """Who follows any of these topics and all of those and none of the others, and of them who
    fits every other part that is named.

    Who never said the fact that a part asks for is left out: `countries` come from the time zone,
    of which UTC lies in none. Languages are looked up as those of texts are: `en` finds `en-US`.
    """

    at_least_one_of: ClassVar[tuple[str, ...]] = ("any", "all")

    any_of = topics_list(100, data_key="any")
    all_of = topics_list(10, data_key="all")
    none_of = topics_list(20, data_key="none")
    platforms = _parts(OneOf(PLATFORMS), len(PLATFORMS))
    languages = _parts(LANGUAGE, 50)
    countries = _parts(COUNTRY, 250)
    app_version = fields.Nested(AppVersions)
    editions = _parts(EDITION, 50)

    @validates_schema
    def _names_a_topic(self, data: dict[str, Any], **_: Any) -> None:
        if not data.get("any_of") and not data.get("all_of"):
            raise ValidationError("Name a topic in any or in all: alerts go to followers.", "any")


class AppVersionEnds(Schema):
    """Both ends belong to it; one that is not named is open."""

    min = fields.String(metadata=SOMETIMES)
    max = fields.String(metadata=SOMETIMES)


class AudienceMembers(Schema):
    """An alert's audience as it was sent, without the parts that it does not name."""

    any_of = fields.List(fields.String(), data_key="any", metadata=SOMETIMES)
    all_of = fields.List(fields.String(), data_key="all", metadata=SOMETIMES)
    none_of = fields.List(fields.String(), data_key="none", metadata=SOMETIMES)
    platforms = fields.List(fields.String(validate=OneOf(PLATFORMS)), metadata=SOMETIMES)
    languages = fields.List(fields.String(), metadata=SOMETIMES)
    countries = fields.List(fields.String(), metadata=SOMETIMES)
    app_version = fields.Nested(AppVersionEnds, metadata=SOMETIMES)
    editions = fields.List(fields.String(), metadata=SOMETIMES)


class DeliveryTime(Schema):
    """The time of day by each reader's clock at which an alert is sent."""

    at = fields.String(metadata=TIME_OF_DAY)
    where = fields.String(data_key="in", validate=Equal("recipient_time_zone"))


class DeliveryHour(Body):
    """A time of day by the clock of each reader, the next one after the alert's start.

    A time that a change of clock skips is the first moment after it, one that is shown twice the
    first showing.
    """

    at = fields.String(required=True, validate=CLOCK, metadata=TIME_OF_DAY)
    where = fields.String(required=True, data_key="in", validate=OneOf(["recipient_time_zone"]))


def _listed(most: int, of: str = "", **options: Any) -> fields.List[Any]:
    """A list of so many; of what a pattern says. That items may have commas is left unsaid."""
    said = {"pattern": f"^({of})$"} if of else {}
    items = fields.String(validate=Length(1, 3000), metadata=said)
    return fields.List(items, metadata={"maxItems": most}, **options)


def _bare(rule: Regexp) -> str:
    return str(rule.regex.pattern).removeprefix("^").removesuffix(r"$(?!\n)")


class AudienceParts(Body):
    """An audience in a query: `topics` are any of them; lists are repeated or have commas."""

    any_of = _listed(100, data_key="topics")
    all_of = _listed(10, data_key="all")
    none_of = _listed(20, data_key="none")
    platforms = _listed(len(PLATFORMS), "|".join(PLATFORMS))
    languages = _listed(50, _bare(LANGUAGE))
    countries = _listed(250, _bare(COUNTRY))
    editions = _listed(50, _bare(EDITION))
    app_version_min = fields.String(validate=VERSION)
    app_version_max = fields.String(validate=VERSION)

    @post_load
    def _as_an_audience(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        parts = {name: data.pop(name) for name in _LISTS if name in data}
        draft: dict[str, Any] = {
            _LISTS[name]: [word for text in texts for word in text.split(",") if word]
            for name, texts in parts.items()
        }
        ends = {end: data.pop(f"app_version_{end}", None) for end in ("min", "max")}
        if any(ends.values()):
            draft["app_version"] = {end: said for end, said in ends.items() if said}
        return {**data, "audience": AudienceDraft().load(draft)}


_LISTS = {
    "any_of": "any",
    "all_of": "all",
    "none_of": "none",
    "platforms": "platforms",
    "languages": "languages",
    "countries": "countries",
    "editions": "editions",
}
