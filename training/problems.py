"""What is wrong with the tables: table, row, column, what it is and what to do, all of it at once."""

from __future__ import annotations

from dataclasses import dataclass

SHOWN = 20
"""So many problems of one kind are listed, the rest is counted."""


@dataclass(frozen=True)
class Problem:
    """`table` is the file's name; `row` counts data rows from 1, `line` is the line of a CSV file that starts it (header = line 1)."""

    table: str
    row: int | None
    column: str | None
    message: str
    remedy: str
    line: int | None = None

    def __str__(self) -> str:
        place = self.table
        if self.row is not None:
            place += f" row {self.row:,}" if self.line is None else f" row {self.row:,} (line {self.line:,})"
        if self.column is not None:
            place += f", column '{self.column}'"
        return f"{place}: {self.message}; {self.remedy}"


class TableError(ValueError):
    """The tables cannot be used. `problems` holds every one that was found, at most twenty of a kind and then how many more."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


class Findings:
    """Collects problems and warnings while tables are read."""

    def __init__(self) -> None:
        self._listed: list[Problem] = []
        self.warnings: list[str] = []

    def add(self, *problems: Problem, more: int = 0) -> None:
        """Problems of one kind, and how many `more` of it there are beyond these."""
        self._listed.extend(problems)
        if more:
            last = problems[-1]
            self._listed.append(
                Problem(last.table, None, last.column, f"... and {more:,} more like this", last.remedy)
            )

    def warn(self, sentence: str) -> None:
        """Something to be said that stops nothing."""
        self.warnings.append(sentence)

    def error(self) -> TableError:
        """All that was found, to be raised."""
        return TableError(self._listed)

    def raise_if_any(self) -> None:
        """Raises TableError when there is a problem."""
        if self._listed:
            raise self.error()
