"""What conditions say in one situation: the mode, what it lets in, and what rules stop.

A program runs at most once a decision, however many actions ask for it. Screening keeps what it removes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any

from models.cel_facts import Context, variable_of
from models.checks import Breach
from models.conditions import Group, Look, Looks
from models.fit import Admitted
from models.lanes import Sieved, sieved
from models.programs import Missing
from models.rulebook import Answering, ModeGate, RuleBook


class Verdicts:
    """What conditions say in one situation: those of modes at once, others when they are asked for.

    `untrue` are the programs that do not hold, `lacking` those among them that miss a fact; `missing` gathers the facts whose
    absence was passed over.
    """

    __slots__ = ("_asked", "_book", "_context", "_plain", "_values", "lacking", "missing", "untrue")

    def __init__(self, book: RuleBook, values: Mapping[str, Any]) -> None:
        self._book = book
        self._values = values
        self._context: Context | None = None
        self._asked: set[Group] = set()
        self._plain = book.engine.plain(values)
        self.missing: set[str] = set()
        self.untrue: set[int] = set(book.never)
        self.lacking: dict[int, Missing] = {}
        self.ask(book.first)

    def ask(self, looks: Looks) -> None:
        """Have the answers of these groups, as `Group.ask` gives them; without a call where they are known."""
        plain, asked, untrue = self._plain, self._asked, self.untrue
        each: Iterable[Look] = looks.each
        if not asked.isdisjoint(looks.groups):
            each = [look for look in each if look[0] not in asked]
        asked |= looks.groups
        for group, seen, known in each:
            found = known.get(seen(plain)) or group.ask(plain, self._values)
            if found.untrue:
                untrue |= found.untrue
                if found.missing:
                    self.lacking.update(found.missing)

    def _ask_one(self, look: Look) -> None:
        """The same of one group that was not asked."""
        group, seen, known = look
        found = known.get(seen(self._plain)) or group.ask(self._plain, self._values)
        self._asked.add(group)
        self.untrue |= found.untrue
        self.lacking.update(found.missing)

    def after(self, values: Mapping[str, Any], paths: Iterable[str], answering: Answering) -> Verdicts:
        """What they are when these are the values, of which only those at `paths` are others."""
        other = copy(self)
        other.reread(values, paths, answering)
        return other

    def reread(self, values: Mapping[str, Any], paths: Iterable[str], answering: Answering) -> None:
        """Ask again what reads these paths; what the others said stands."""
        plain, programs = dict(self._plain), answering.programs
        for path in paths:
            root, _, leaf = path.partition(".")
            plain[variable_of(path)] = values[root].get(leaf)
        self._values, self._context, self._plain = values, None, plain
        self._asked = {group for group in self._asked if programs.isdisjoint(group.numbers)}
        self.missing = set()
        answers = [group.ask(plain, values) for group in answering.groups]
        self.untrue = (self.untrue - programs).union(*[found.untrue for found in answers])
        self.lacking = {number: lacks for number, lacks in self.lacking.items() if number not in programs}
        for found in answers:
            self.lacking.update(found.missing)

    @property
    def context(self) -> Context:
        """The facts as the engine reads them; made when somebody asks what decided."""
        if self._context is None:
            self._context = self._book.engine.context(self._values)
        return self._context

    def holds(self, program: int | None) -> bool:
        """Whether it is true. A missing fact is not, and is remembered; no program always holds."""
        if program is None:
            return True
        if program not in self.untrue:
            later = self._book.later.get(program)
            if later is None or later[0] in self._asked:
                return True
            self._ask_one(later)
            if program not in self.untrue:
                return True
        if program in self.lacking:
            self.missing.update(self.lacking[program].paths)
        return False

    def mode(self) -> ModeGate:
        """The first mode whose condition holds; the last has none."""
        return next(gate for gate in self._book.modes if self.holds(gate.program))

    def admitted(self, gate: ModeGate) -> Admitted:
        """The (kind, motive) pairs the mode lets in beside its own kinds; motive None means any."""
        pairs: Admitted = frozenset()
        for admission, program in gate.admissions:
            if self.holds(program):
                pairs |= admission
        return pairs

    def screen(self, rows: Iterable[int], channel: str, emergencies: frozenset[int]) -> Sieved:
        """What rules let through of these rows, and the rules of the first tier that stops each other one.

        A fact that a rule misses never stops one of `emergencies`; their own condition still says when they are one.
        """
        lane, wanted = self._book.lane(channel), frozenset(rows)
        looks, programs = self._book.needed(lane, wanted)
        self.ask(looks)
        found = sieved(lane, wanted, programs & self.untrue, self.lacking, emergencies)
        if found.passed_over:
            self.missing.update(found.passed_over)
        return found

    def deciding(self, breach: Breach) -> Mapping[str, Any]:
        """The values that made a rule fail; None for a fact that is missing."""
        if breach.missing:
            return dict.fromkeys(breach.missing)
        return self._book.programs[breach.check.program].deciding_values(self.context)
