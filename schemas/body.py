"""What all request bodies have in common."""

from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, validates_schema


class Body(Schema):
    """Request bodies refuse what they do not know: a misspelt field must not be lost."""

    class Meta:
        unknown = RAISE


class Change(Body):
    """What is to be changed: at least one member, beside those that only say `how`."""

    says_something: ClassVar[bool] = True
    how: ClassVar[frozenset[str]] = frozenset()
    says_nothing: ClassVar[str] = "Name at least one field to change."

    @validates_schema
    def _says_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data.keys() - self.how:
            raise ValidationError(self.says_nothing)
