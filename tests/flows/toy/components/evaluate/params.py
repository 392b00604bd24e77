"""Settings of the toy stage `evaluate`."""

from components.params import Section


class EvaluateParams(Section):
    domains: list[str]
