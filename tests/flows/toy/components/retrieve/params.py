"""Settings of the toy stage `retrieve`."""

from pydantic import PositiveInt

from components.params import Section


class Label(Section):
    name: str
    images: PositiveInt
    language: str | None = None


class RetrieveParams(Section):
    labels: list[Label]
