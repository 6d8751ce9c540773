"""Random decisions, written from the nouns: every field a noun has is drawn, so that a new one is drawn too."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import AwareDatetime, StringConstraints

from models.domain import Noun
from models.response import Decision, Do

_IDS = st.sampled_from(["p07-a", "C-1", "offer-tv"])
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(min_size=1, max_size=8),
    bool: st.booleans(),
    int: st.integers(1, 100),
    float: st.floats(0.01, 1),
    date: st.dates(),
    AwareDatetime: st.datetimes(timezones=st.just(UTC)),
    datetime: st.datetimes(timezones=st.just(UTC)),
    NoneType: st.none(),
}
"""Values that every constraint of the nouns allows."""
_DO = st.one_of(
    st.builds(Do, process=st.just("change-plan"), owner=_PLAIN[str]),
    st.builds(Do, link=st.just("https://a.example/b")),
)


def drawn(kind: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911  one for each kind of annotation
    """A value of an annotation."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        patterned = any(isinstance(rest, StringConstraints) and rest.pattern for rest in inner[1:])
        return _IDS if patterned else drawn(inner[0])
    if origin is Literal:
        return st.sampled_from(inner)
    if origin in (Union, UnionType):
        return st.one_of([drawn(choice) for choice in inner])
    if origin is tuple:
        return st.lists(drawn(inner[0]), min_size=1, max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(drawn(inner[0]), drawn(inner[1]), min_size=1, max_size=2)
    if kind is Do:
        return _DO
    if isinstance(kind, type) and issubclass(kind, Noun):
        return st.builds(kind, **{name: drawn(_whole(field)) for name, field in kind.model_fields.items()})
    return _PLAIN[kind]


def _whole(field: Any) -> Any:
    """The annotation of a field with what pydantic took off it."""
    return Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation


DECISIONS: st.SearchStrategy[Decision] = drawn(Decision)
