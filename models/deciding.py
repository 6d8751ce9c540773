"""Which values made a condition's answer what it is: of false && true only those of the false side, of false || false both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.cel_engine import ENGINE_ERRORS, EngineContext, runner
from models.cel_facts import Context, Fact, facts_of, flat
from models.cel_tree import Apply, Node, Path, walk, write

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Part:
    """A condition that can be asked by itself: an atom with its facts, or && || ! ?: over such parts."""

    joins: str
    run: Callable[[EngineContext], Any]
    parts: tuple[Part, ...]
    facts: tuple[Fact, ...]

    def answer(self, context: Context) -> bool | None:
        try:
            answer: bool = self.run(context.engine)
        except ENGINE_ERRORS:
            return None
        return answer

    def deciding(self, answer: bool, context: Context) -> list[Fact]:
        match self.joins:
            case "!":
                return self.parts[0].deciding(not answer, context)
            case "&&" | "||":
                alike = (part for part in self.parts if part.answer(context) is answer)
                return [fact for part in alike for fact in part.deciding(answer, context)]
            case "?:":
                condition, then, otherwise = self.parts
                met = condition.answer(context) is True
                return condition.deciding(met, context) + (then if met else otherwise).deciding(
                    answer, context
                )
            case _:
                return list(self.facts)


def part_of(node: Node) -> Part:
    """A condition by its parts; each is compiled, so it is made when somebody asks what decided."""
    run = runner(write(flat(node)))
    if isinstance(node, Apply) and node.name in {"&&", "||", "!", "?:"}:
        return Part(node.name, run, tuple(map(part_of, node.args)), ())
    return Part("", run, (), facts_of(part for part in walk(node) if isinstance(part, Path)))
