"""CEL text to a tree. The only file that speaks to `cel-python`, whose parser knows the grammar."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from celpy.celparser import CELParseError, CELParser
from celpy.evaluation import celstr

from models.cel_tree import MACROS, Apply, Constant, Each, ExpressionError, Node, Path, joined, located

if TYPE_CHECKING:
    from lark import Token, Tree

OPERATORS = {
    "relation_lt": "<", "relation_le": "<=", "relation_gt": ">", "relation_ge": ">=",
    "relation_eq": "==", "relation_ne": "!=", "relation_in": "in",
    "addition_add": "+", "addition_sub": "-",
    "multiplication_mul": "*", "multiplication_div": "/", "multiplication_mod": "%",
    "unary_not": "!", "unary_neg": "-",
}  # fmt: skip


@lru_cache(maxsize=2_000)
def read(text: str) -> Node:
    """The tree of an expression. Raises ExpressionError on anything that is not CEL, or not the part of CEL used here.

    Trees are kept: parsing is half of compiling a policy, and a policy that is edited keeps most of its conditions.
    """
    try:
        return _node(CELParser().parse(text))
    except CELParseError as error:
        line, column = error.line or 1, max(error.column or 1, 1)
        at = sum(len(row) + 1 for row in text.split("\n")[: line - 1]) + column
        message = f"{where(text, at)}: no CEL expression near {text[at - 1 : at + 19]!r}; write && for and, || for or, ! for not, == for equal"
        raise ExpressionError(message) from None


def where(text: str, at: int) -> str:
    """Where character `at` (from 1) of the text stands, for a message."""
    before = text[: max(at - 1, 0)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return f"line {line}, column {column}" if "\n" in text.strip() else f"column {column}"


def _node(tree: Tree[Token]) -> Node:  # noqa: C901, PLR0911, PLR0912 - one return a production
    """Reduce a tree of the parser; its many levels of precedence with a single child mean nothing."""
    kids: list[Any] = tree.children
    at = (getattr(tree.meta, "start_pos", 0) or 0) + 1  # the parser loses the place of true and false
    match tree.data, kids:
        case "literal", [token]:
            return Constant(_literal(token, at), at)
        case "ident", [name]:
            return Path((str(name),), at)
        case "member_dot", [of, name]:
            inner = _node(of)
            if not isinstance(inner, Path):
                return Apply("[]", (inner, Constant(str(name), at)), at)
            return replace(inner, parts=(*inner.parts, str(name)))
        case "member_index", [of, index]:
            return Apply("[]", (_node(of), _node(index)), at)
        case "member_dot_arg", [of, name, *rest]:
            return _method(_node(of), str(name), _arguments(rest), at)
        case "ident_arg", [name, *rest]:
            return Apply(str(name), _arguments(rest), at)
        case "list_lit", rest:
            return Apply("list", _arguments(rest), at)
        case "expr", [condition, then, otherwise]:
            return Apply("?:", (_node(condition), _node(then), _node(otherwise)), at)
        case (("conditionalor" | "conditionaland"), [left, right]):
            return joined("||" if tree.data == "conditionalor" else "&&", (_node(left), _node(right)), at)
        case "unary", [sign, operand]:
            return Apply(OPERATORS[sign.data], (_node(operand),), at)
        case (("relation" | "addition" | "multiplication"), [left, right]):
            return Apply(OPERATORS[left.data], (_node(left.children[0]), _node(right)), at)
        case (("map_lit" | "member_object" | "dot_ident" | "dot_ident_arg"), _):
            raise located(
                "a map or message literal or a leading dot has no place in a rule; compare facts with constants",
                at,
            )
        case _:
            return _node(kids[0])


def _arguments(rest: list[Any]) -> tuple[Node, ...]:
    return tuple(_node(kid) for kid in rest[0].children) if rest else ()


def _method(of: Node, name: str, args: tuple[Node, ...], at: int) -> Node:
    if name not in MACROS:
        return Apply(name, (of, *args), at)
    match args:
        case (Path(parts=(variable,)), body):
            return Each(name, of, variable, body, at)
        case _:
            raise located(f"{name}() takes a variable and an expression: list.{name}(x, ...)", at)


def _literal(token: Token, at: int) -> Any:
    text = str(token)
    try:
        match token.type:
            case "BOOL_LIT":
                return text == "true"
            case "FLOAT_LIT" if math.isfinite(float(text)):
                return float(text)
            case "INT_LIT" if -(2**63) <= (number := int(text, 16 if "x" in text else 10)) < 2**63:
                return number
            case "STRING_LIT" | "MLSTRING_LIT":
                value = str(celstr(token))
                value.encode()  # half a surrogate pair has no UTF-8
                return value
    except ValueError:
        pass
    remedy = "; test for an absent fact with has()" if text == "null" else ""
    raise located(f"{text} is no boolean, number or text that fits{remedy}", at)
