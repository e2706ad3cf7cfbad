"""What Python clients ask for: a value with everything pydantic writes into a schema."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal, Optional, Union
from uuid import UUID

from pydantic import BaseModel, Field


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Town(BaseModel):
    kind: Literal["town"]
    size: Size


class River(BaseModel):
    kind: Literal["river"]
    length: Annotated[float, Field(gt=0, lt=10_000)]


class Place(BaseModel):
    """A place."""

    name: Annotated[str, Field(min_length=1, max_length=12)]
    code: Annotated[str, Field(pattern=r"^[A-Z]{2}-\d{3}$")]
    founded: date
    seen: Optional[datetime] = None
    id: UUID
    people: Annotated[int, Field(ge=0, le=20_000_000)]
    position: tuple[Annotated[float, Field(ge=-90, le=90)], Annotated[float, Field(ge=-180, le=180)]]
    # Bounds of a Decimal are not in its schema.
    fee: Decimal
    notes: Annotated[dict[str, bool], Field(max_length=2)]
    what: Annotated[Union[Town, River], Field(discriminator="kind")]
    near: Annotated[list["Place"], Field(max_length=1)] = []
