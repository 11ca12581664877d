"""Kinds of fields that the engines' parameters share."""

from pydantic import BaseModel, ConfigDict, StringConstraints

# one line, no control characters: it goes into a caption file, a metadata field or a request file
Line = StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]*$")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
