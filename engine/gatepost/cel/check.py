"""The check at load: an expression against the types of what it may read.

Compared with an engine's own checker it knows the evidence schema's words (``status == "passed"`` can never be
true), says what was meant, and tells which parts test for absence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gatepost.cel import ast
from gatepost.cel import types as t
from gatepost.cel.functions import GLOBAL, METHODS, NAMESPACES, Signature
from gatepost.cel.types import Record, Type
from gatepost.cel.unparse import unparse
from gatepost.problems import did_you_mean

__all__ = ["Checked", "Mistake", "check", "metric_advice"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a part of an expression, by offsets into its source."""

    message: str
    start: int
    end: int
    advice: str = ""
    code: str = "GP-L006"


@dataclass(slots=True)
class Checked:
    """What the check found: the type of the whole, the mistakes, and the parts that test for absence.

    ``doubles`` holds the identities of arithmetic nodes that may give a double, where an infinity could arise;
    ``types`` the types of all nodes by their identities.
    """

    type: Type = t.DYN
    mistakes: list[Mistake] = field(default_factory=list)
    absence_tests: list[ast.Node] = field(default_factory=list)
    doubles: set[int] = field(default_factory=set)
    types: dict[int, Type] = field(default_factory=dict)


def check(node: ast.Node, variables: Mapping[str, Type], reserved: frozenset[str] = frozenset()) -> Checked:
    """Check an expression. ``reserved`` are further names that a macro's variable must not hide."""
    checker = _Checker(dict(variables), reserved | set(variables))
    checker.result.type = checker.visit(node)
    return checker.result


def _join(left: Type, right: Type) -> Type:
    return left if left == right else t.DYN


class _Checker:
    def __init__(self, variables: dict[str, Type], reserved: frozenset[str]) -> None:
        self.variables = variables
        self.reserved = reserved
        self.result = Checked()

    def wrong(self, node: ast.Node, message: str, advice: str = "", code: str = "GP-L006") -> Type:
        self.result.mistakes.append(Mistake(message, node.start, node.end, advice, code))
        return t.DYN

    def visit(self, node: ast.Node) -> Type:
        found = t.Type(node.kind) if isinstance(node, ast.Literal) else _VISITORS[type(node)](self, node)
        self.result.types[id(node)] = found
        return found

    def ident(self, node: ast.Ident) -> Type:
        found = self.variables.get(node.name)
        if found is not None:
            return found
        known = [name for name in self.variables if name != "_"]
        return self.wrong(
            node, f"unknown name `{node.name}`", did_you_mean(node.name, known) or _list(known), "GP-L004"
        )

    def select(self, node: ast.Select) -> Type:
        operand = self.visit(node.operand)
        if node.optional:
            self.result.absence_tests.append(node)
            self.field_of(operand, node)
            return t.OPTIONAL
        return self.field_of(operand, node)

    def field_of(self, operand: Type, node: ast.Select) -> Type:
        if isinstance(operand, Record):
            found = operand.field(node.field)
            if found is not None:
                return found
            place = ast.Ident(node.end - len(node.field), node.end, node.field)
            where = unparse(node.operand)
            advice = did_you_mean(node.field, operand.fields) or _list(operand.fields)
            code = "GP-L005" if where == "params" else "GP-L003"
            return self.wrong(place, f"unknown field `{node.field}` in {where}", advice, code)
        if operand.kind == "map":
            return operand.item or t.DYN
        if operand.kind in ("dyn", "optional"):
            return t.DYN
        advice = "index one item, or use all() or exists()" if operand.kind == "list" else ""
        return self.wrong(node, f"`{unparse(node.operand)}` is {operand} and has no field `{node.field}`", advice)

    def index(self, node: ast.Index) -> Type:
        operand, index = self.visit(node.operand), self.visit(node.index)
        result = self.item_of(node, operand, index)
        if node.optional:
            self.result.absence_tests.append(node)
            return t.OPTIONAL
        return result

    def item_of(self, node: ast.Index, operand: Type, index: Type) -> Type:
        if operand.kind == "list":
            if index.kind not in ("int", "uint", "dyn"):
                return self.wrong(node.index, f"a list is indexed by a whole number, not by {index}")
            return operand.item or t.DYN
        if operand.kind == "map":
            if index.kind not in ("string", "dyn"):
                return self.wrong(node.index, f"the keys here are strings, not {index}")
            return operand.item or t.DYN
        if isinstance(operand, Record):
            if isinstance(node.index, ast.Literal) and isinstance(node.index.value, str):
                return self.field_of(operand, ast.Select(node.start, node.index.end, node.operand, node.index.value))
            return t.DYN
        if operand.kind in ("dyn", "optional"):
            return t.DYN
        return self.wrong(node, f"`{unparse(node.operand)}` is {operand} and cannot be indexed")

    def has(self, node: ast.Has) -> Type:
        self.result.absence_tests.append(node)
        self.visit(node.select)
        return t.BOOL

    def unary(self, node: ast.Unary) -> Type:
        operand = self.visit(node.operand)
        if node.operator == "!":
            return self.boolean(node.operand, operand)
        if operand.kind not in ("int", "double", "dyn"):
            return self.wrong(node, f"`{unparse(node.operand)}` is {operand} and has no negative")
        return operand

    def boolean(self, node: ast.Node, found: Type) -> Type:
        if found.kind not in ("bool", "dyn"):
            advice = metric_advice(found) or "compare it with something"
            code = "GP-L008" if metric_advice(found) else "GP-L007"
            self.wrong(node, f"`{unparse(node)}` is {found}, and true or false is needed", advice, code)
        return t.BOOL

    def ternary(self, node: ast.Ternary) -> Type:
        self.boolean(node.condition, self.visit(node.condition))
        return _join(self.visit(node.yes), self.visit(node.no))

    def binary(self, node: ast.Binary) -> Type:
        left, right = self.visit(node.left), self.visit(node.right)
        if node.operator in ("&&", "||"):
            self.boolean(node.left, left)
            return self.boolean(node.right, right)
        if node.operator == "in":
            return self.membership(node, left, right)
        if node.operator in ("==", "!=", "<", "<=", ">", ">="):
            return self.comparison(node, left, right)
        return self.arithmetic(node, left, right)

    def membership(self, node: ast.Binary, left: Type, right: Type) -> Type:
        if right.kind in ("map", "record"):
            self.result.absence_tests.append(node)
        elif right.kind == "list":
            item = right.item or t.DYN
            if not _comparable(left, item):
                self.wrong(
                    node, f"`{unparse(node.left)}` is {left}, and the list holds {item}: never true", code="GP-L014"
                )
            self.words(node.left, item, node)
            if isinstance(node.right, ast.ListLiteral):
                for part in node.right.items:
                    self.words(part, left, node)
        elif right.kind != "dyn":
            self.wrong(node, f"`in` needs a list or a map on its right, and `{unparse(node.right)}` is {right}")
        else:
            self.result.absence_tests.append(node)
        return t.BOOL

    def comparison(self, node: ast.Binary, left: Type, right: Type) -> Type:
        for side, found, other in ((node.left, left, right), (node.right, right, left)):
            if other.kind == "null":
                advice = "what is unknown is absent; has() tests that, with optional_evidence: true"
                self.wrong(node, "evidence holds no null", advice, "GP-L015")
                return t.BOOL
            if isinstance(found, Record) and found.is_metric and not isinstance(other, Record):
                self.wrong(side, f"`{unparse(side)}` is a metric with its interval", metric_advice(found), "GP-L008")
                return t.BOOL
        ordered = node.operator not in ("==", "!=")
        if not _comparable(left, right) or (ordered and {left.kind, right.kind} & {"list", "map", "record"}):
            dated = (left.date or right.date) and {left.kind, right.kind} == {"string", "timestamp"}
            text = node.left if left.kind == "string" else node.right
            advice = f"write timestamp({unparse(text)})" if dated else ""
            message = f"`{unparse(node.left)}` is {left} and `{unparse(node.right)}` is {right}"
            self.wrong(node, f"{message}: they do not compare", advice)
        if not ordered and {left.kind, right.kind} & {"map", "record", "list"}:
            # What is taken away from a map or an object changes what it equals.
            self.result.absence_tests.append(node)
        self.words(node.left, right, node)
        self.words(node.right, left, node)
        return t.BOOL

    def words(self, literal: ast.Node, other: Type, node: ast.Node) -> None:
        """Refuse a word that the other side can never be."""
        if isinstance(literal, ast.Literal) and other.words and literal.value not in other.words:
            advice = did_you_mean(str(literal.value).lower(), other.words) or "one of: " + ", ".join(other.words)
            if other.declared_as:
                advice += f" (others are declared as `{other.declared_as}:` in gatepost.yaml)"
            self.wrong(literal, f"{literal.text} is never the value here", advice, "GP-L014")

    def arithmetic(self, node: ast.Binary, left: Type, right: Type) -> Type:
        kinds = (left.kind, right.kind)
        operator = node.operator
        if "dyn" in kinds:
            if operator in "*/" or "double" in kinds:
                self.result.doubles.add(id(node))
            return t.DOUBLE if "double" in kinds else t.DYN
        if kinds == ("double", "double") and operator != "%":
            self.result.doubles.add(id(node))
            return t.DOUBLE
        if left.kind == right.kind and left.kind in ("int", "uint"):
            return left
        if operator == "+" and left.kind == right.kind and left.kind in ("string", "bytes", "list", "duration"):
            return left if left.kind != "list" else t.list_of(_join(left.item or t.DYN, right.item or t.DYN))
        if operator in "+-" and kinds in (("timestamp", "duration"), ("duration", "timestamp")):
            return t.TIMESTAMP
        if operator == "-" and kinds in (("timestamp", "timestamp"), ("duration", "duration")):
            return t.DURATION
        return self.no_arithmetic(node, left, right)

    def no_arithmetic(self, node: ast.Binary, left: Type, right: Type) -> Type:
        advice = metric_advice(left) or metric_advice(right)
        for side, found in ((node.left, left), (node.right, right)):
            if left.is_number and right.is_number and found.kind == "int":
                literal = isinstance(side, ast.Literal)
                advice = f"write {unparse(side)}.0" if literal else f"write double({unparse(side)})"
        message = f"`{unparse(node.left)}` is {left} and `{unparse(node.right)}` is {right}"
        code = "GP-L008" if metric_advice(left) or metric_advice(right) else "GP-L006"
        return self.wrong(node, f"{message}: `{node.operator}` does not join them", advice, code)

    def call(self, node: ast.Call) -> Type:
        target = node.target
        if isinstance(target, ast.Ident) and target.name in NAMESPACES and target.name not in self.variables:
            names = NAMESPACES[target.name]
            for arg in node.args:
                self.visit(arg)
            if target.name == "optional":
                self.result.absence_tests.append(node)
            return self.signature(node, f"{target.name}.{node.function}", node.function, names)
        if target is None:
            found = [self.visit(arg) for arg in node.args]
            if node.function == "size" and found and found[0].kind in ("map", "record"):
                self.result.absence_tests.append(node)
            if node.function == "double":
                self.result.doubles.add(id(node))
            return self.signature(node, node.function, node.function, GLOBAL)
        return self.method(node, self.visit(target), target)

    def method(self, node: ast.Call, target: Type, written: ast.Node) -> Type:
        for arg in node.args:
            self.visit(arg)
        if node.function not in METHODS:
            known = [*METHODS, "all", "exists", "exists_one", "filter", "map"]
            return self.unknown(node, node.function, known)
        kinds, (counts, result) = METHODS[node.function]
        if target.kind not in (*kinds, "dyn", "optional"):
            advice = metric_advice(target)
            return self.wrong(node, f"`{unparse(written)}` is {target} and has no {node.function}()", advice)
        if target.kind in ("map", "record", "optional") or node.function in ("orValue", "hasValue"):
            self.result.absence_tests.append(node)
        return self.arity(node, node.function, counts, result)

    def signature(self, node: ast.Call, shown: str, name: str, names: Mapping[str, Signature]) -> Type:
        if name not in names:
            return self.unknown(node, shown, names)
        counts, result = names[name]
        return self.arity(node, shown, counts, result)

    def unknown(self, node: ast.Call, shown: str, known: Mapping[str, object] | list[str]) -> Type:
        return self.wrong(node, f"CEL has no function `{shown}`", did_you_mean(node.function, list(known)), "GP-L009")

    def arity(self, node: ast.Call, shown: str, counts: tuple[int, ...], result: Type) -> Type:
        if len(node.args) not in counts:
            wanted = " or ".join(str(count) for count in counts)
            return self.wrong(node, f"{shown}() takes {wanted} arguments, not {len(node.args)}", code="GP-L009")
        return result

    def macro(self, node: ast.Macro) -> Type:
        target = self.visit(node.target)
        if node.name in ("optMap", "optFlatMap"):
            self.result.absence_tests.append(node)
        elif target.kind in ("map", "record"):
            return self.wrong(
                node, f"{node.name}() over a map: its order is not defined", "use for_each, or a list", "GP-L010"
            )
        elif target.kind not in ("list", "dyn"):
            return self.wrong(
                node, f"`{unparse(node.target)}` is {target}, and {node.name}() needs a list", code="GP-L010"
            )
        if node.name in ("transformMap", "transformMapEntry"):
            return self.wrong(node, f"{node.name}() is not available", "use map() or transformList()", "GP-L010")
        return self.bodies(node, target)

    def bodies(self, node: ast.Macro, target: Type) -> Type:
        outer = self.variables
        item = target.item or t.DYN
        types = (t.INT, item) if len(node.variables) == 2 else (item,)
        for name in node.variables:
            if name in self.reserved or name in outer:
                return self.wrong(node, f"the name `{name}` is taken", "use another name for the item", "GP-L012")
        self.variables = {**outer, **dict(zip(node.variables, types, strict=True))}
        results = [self.visit(body) for body in node.bodies]
        self.variables = outer
        if node.name in ("all", "exists", "exists_one", "existsOne", "filter"):
            self.boolean(node.bodies[0], results[0])
            return target if node.name == "filter" else t.BOOL
        if node.name in ("map", "transformList"):
            return t.list_of(results[-1])
        return t.DYN

    def list_literal(self, node: ast.ListLiteral) -> Type:
        types = [self.visit(item) for item in node.items]
        if any(node.optional):
            self.result.absence_tests.append(node)
        if not types:
            return t.list_of(t.DYN)
        return t.list_of(types[0] if all(found == types[0] for found in types) else t.DYN)

    def map_literal(self, node: ast.MapLiteral) -> Type:
        for part in (*node.keys, *node.values):
            self.visit(part)
        if any(node.optional):
            self.result.absence_tests.append(node)
        return t.map_of(t.DYN)


_VISITORS: dict[type[ast.Node], Callable[[_Checker, Any], Type]] = {
    ast.Ident: _Checker.ident,
    ast.Select: _Checker.select,
    ast.Index: _Checker.index,
    ast.Has: _Checker.has,
    ast.Unary: _Checker.unary,
    ast.Binary: _Checker.binary,
    ast.Ternary: _Checker.ternary,
    ast.Call: _Checker.call,
    ast.Macro: _Checker.macro,
    ast.ListLiteral: _Checker.list_literal,
    ast.MapLiteral: _Checker.map_literal,
}


def _comparable(left: Type, right: Type) -> bool:
    if "dyn" in (left.kind, right.kind) or (left.is_number and right.is_number):
        return True
    families = {"record": "map"}
    return families.get(left.kind, left.kind) == families.get(right.kind, right.kind)


def metric_advice(found: Type) -> str:
    """Say which part of a metric may be meant; nothing where the type is no metric."""
    if isinstance(found, Record) and found.is_metric:
        return "did you mean `.value`, `.low` or `.high`?"
    return ""


def _list(names: Iterable[str]) -> str:
    known = sorted(names)
    return "known: " + ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
