"""A parser of CEL (cel-spec's grammar, with optional syntax) that keeps the place of every part.

Engines parse again what they evaluate. This tree is for what they do not give: exact places, the paths a rule
reads, substitution of ``let``, and explanations.
"""

from __future__ import annotations

import re
from typing import NoReturn

from gatepost.cel import ast

__all__ = ["MACROS", "MAX_LENGTH", "CelSyntaxError", "parse", "why_too_large"]

MACROS: dict[str, tuple[int, ...]] = {
    # name: how many arguments it may have
    "all": (2, 3),
    "exists": (2, 3),
    "exists_one": (2, 3),
    "existsOne": (2, 3),
    "filter": (2,),
    "map": (2, 3),
    "transformList": (3, 4),
    "transformMap": (3, 4),
    "transformMapEntry": (3, 4),
    "sortBy": (2,),
    "optMap": (2,),
    "optFlatMap": (2,),
}
_TWO_VARIABLES = {
    "all": 3,
    "exists": 3,
    "exists_one": 3,
    "existsOne": 3,
    "transformList": 3,
    "transformMap": 3,
}
_TWO_VARIABLES["transformMapEntry"] = 3

_RESERVED = frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ]
)
MAX_LENGTH = 20_000
MAX_DEPTH = 100
MAX_CHAIN = 200
"""How deep the parts of an expression may nest, where `a + b + c` is `(a + b) + c`."""

MAX_EXPANDED = 100_000
"""How many characters an expression may have with its names put in; the engines allow no more."""

_TOKENS = re.compile(
    r"""(?P<space>[ \t\r\n\f]+|//[^\n]*)
    |(?P<string>(?:[bB][rR]?|[rR][bB]?)?(?:\"\"\"|'''|"|'))
    |(?P<double>(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?))
    |(?P<int>(?:0x[0-9a-fA-F]+|[0-9]+)[uU]?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<quoted>`[A-Za-z0-9_.\-/ ]+`)
    |(?P<op>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}])""",
    re.VERBOSE,
)
_BINARY = {
    "||": 1,
    "&&": 2,
    "==": 3,
    "!=": 3,
    "<": 3,
    "<=": 3,
    ">": 3,
    ">=": 3,
    "in": 3,
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "%": 5,
}
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPES |= {character: character for character in "\\?\"'`"}


class CelSyntaxError(Exception):
    """The expression is no CEL; ``start`` and ``end`` say where."""

    def __init__(self, message: str, start: int, end: int, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.advice = advice


def parse(source: str) -> ast.Node:
    """Parse an expression.

    Raises:
        CelSyntaxError: it is no CEL, or too long or deep.
    """
    if len(source) > MAX_LENGTH:
        raise CelSyntaxError(f"the expression has more than {MAX_LENGTH} characters", 0, 1)
    node = _Parser(source).whole()
    too_large = why_too_large(node)
    if too_large:
        raise CelSyntaxError(too_large, 0, len(source))
    return node


def why_too_large(node: ast.Node) -> str:
    """Say why a tree is too large or deep to work with; nothing where it is not."""
    size, depth = ast.measure(node)
    if depth > MAX_CHAIN:
        return f"the parts of the expression nest deeper than {MAX_CHAIN} levels"
    if size > MAX_EXPANDED:
        return f"the expression has more than {MAX_EXPANDED:,} characters when its names are put in"
    return ""


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = _tokens(source)
        self.at = 0
        self.depth = 0

    # A token is (kind, text, start, end); the last one has the kind "end".

    def whole(self) -> ast.Node:
        node = self.expression()
        kind, text, start, end = self.tokens[self.at]
        if kind != "end":
            advice = {"=": "`==` compares", "and": "`&&` is and", "or": "`||` is or", "not": "`!` is not"}
            raise CelSyntaxError(f"`{text}` is not expected here", start, end, advice.get(text, ""))
        return node

    def fail(self, expected: str) -> NoReturn:
        kind, text, start, end = self.tokens[self.at]
        found = "the expression ends" if kind == "end" else f"`{text}` stands"
        raise CelSyntaxError(f"{found} where {expected} is expected", start, end)

    def take(self, text: str) -> bool:
        token = self.tokens[self.at]
        if token[1] == text and token[0] in ("op", "name"):
            self.at += 1
            return True
        return False

    def need(self, text: str) -> int:
        end = self.tokens[self.at][3]
        if not self.take(text):
            self.fail(f"`{text}`")
        return end

    def expression(self) -> ast.Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            _, _, start, end = self.tokens[self.at]
            raise CelSyntaxError("the expression is nested too deep", start, end)
        condition = self.binary(1)
        if self.take("?"):
            yes = self.binary(1)
            self.need(":")
            no = self.expression()
            condition = ast.Ternary(condition.start, no.end, condition, yes, no)
        self.depth -= 1
        return condition

    def binary(self, least: int) -> ast.Node:
        left = self.unary()
        while True:
            kind, operator, _, _ = self.tokens[self.at]
            strength = _BINARY.get(operator, 0) if kind in ("op", "name") else 0
            if strength < least:
                return left
            self.at += 1
            right = self.binary(strength + 1)
            left = ast.Binary(left.start, right.end, operator, left, right)

    def unary(self) -> ast.Node:
        kind, text, start, _ = self.tokens[self.at]
        if kind != "op" or text not in ("!", "-"):
            return self.member(self.primary())
        self.at += 1
        next_kind, number, _, end = self.tokens[self.at]
        if text == "-" and next_kind in ("int", "double") and number[-1] not in "uU":
            self.at += 1
            return self.member(self.number(next_kind, f"-{number}", start, end))
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise CelSyntaxError("the expression is nested too deep", start, end)
        operand = self.unary()
        self.depth -= 1
        return ast.Unary(start, operand.end, text, operand)

    def member(self, node: ast.Node) -> ast.Node:
        while True:
            if self.take("."):
                optional = self.take("?")
                kind, name, _, end = self.tokens[self.at]
                if kind not in ("name", "quoted"):
                    self.fail("the name of a field")
                self.at += 1
                if kind == "name" and not optional and self.take("("):
                    node = self.call(name, node, node.start)
                else:
                    node = ast.Select(node.start, end, node, name.strip("`"), optional)
            elif self.take("["):
                optional = self.take("?")
                index = self.expression()
                node = ast.Index(node.start, self.need("]"), node, index, optional)
            else:
                return node

    def primary(self) -> ast.Node:
        kind, text, start, end = self.tokens[self.at]
        if kind == "name":
            return self.name(text, start, end)
        if kind in ("int", "double"):
            self.at += 1
            return self.number(kind, text, start, end)
        if kind == "string":
            self.at += 1
            return _string(text, start, end)
        if self.take("("):
            node = self.expression()
            self.need(")")
            return node
        if self.take("["):
            return self.list_literal(start)
        if self.take("{"):
            return self.map_literal(start)
        if self.take("."):
            return self.primary()
        return self.fail("a value")

    def name(self, text: str, start: int, end: int) -> ast.Node:
        if text == "in":
            self.fail("a value")
        self.at += 1
        if text in ("true", "false"):
            return ast.Literal(start, end, "bool", text == "true", text)
        if text == "null":
            return ast.Literal(start, end, "null", None, text)
        if text in _RESERVED:
            raise CelSyntaxError(f"`{text}` is a reserved word of CEL", start, end)
        if self.take("("):
            return self.call(text, None, start)
        if self.tokens[self.at][1] == "{" and self.tokens[self.at][0] == "op":
            raise CelSyntaxError("messages cannot be made in a policy", start, end)
        return ast.Ident(start, end, text)

    def number(self, kind: str, text: str, start: int, end: int) -> ast.Node:
        if kind == "double":
            value = float(text)
            if value in (float("inf"), float("-inf")):
                raise CelSyntaxError(f"{text} is larger than a double holds", start, end)
            return ast.Literal(start, end, "double", value, text)
        unsigned = text[-1] in "uU"
        digits = text.rstrip("uU")
        integer = int(digits, 16 if "0x" in digits else 10)
        low, high = (0, 2**64) if unsigned else (-(2**63), 2**63)
        if not low <= integer < high:
            raise CelSyntaxError(f"{text} does not fit into 64 bits", start, end)
        return ast.Literal(start, end, "uint" if unsigned else "int", integer, text)

    def items(self, closing: str) -> tuple[list[ast.Node], list[bool], int]:
        items: list[ast.Node] = []
        optional: list[bool] = []
        while self.tokens[self.at][1] != closing:
            optional.append(self.take("?"))
            items.append(self.expression())
            if not self.take(","):
                break
        return items, optional, self.need(closing)

    def list_literal(self, start: int) -> ast.Node:
        items, optional, end = self.items("]")
        return ast.ListLiteral(start, end, tuple(items), tuple(optional))

    def map_literal(self, start: int) -> ast.Node:
        keys: list[ast.Node] = []
        values: list[ast.Node] = []
        optional: list[bool] = []
        while self.tokens[self.at][1] != "}":
            optional.append(self.take("?"))
            keys.append(self.expression())
            self.need(":")
            values.append(self.expression())
            if not self.take(","):
                break
        return ast.MapLiteral(start, self.need("}"), tuple(keys), tuple(values), tuple(optional))

    def call(self, name: str, target: ast.Node | None, start: int) -> ast.Node:
        args, optional, end = self.items(")")
        if any(optional):
            raise CelSyntaxError("`?` is not expected here", start, end)
        if target is None and name == "has":
            if len(args) == 1 and isinstance(args[0], ast.Select) and not args[0].optional:
                return ast.Has(start, end, args[0])
            raise CelSyntaxError("has() takes one field, as in has(evidence.model.git)", start, end)
        if target is not None and name in MACROS and len(args) in MACROS[name]:
            return self.macro(name, target, args, start, end)
        if isinstance(target, ast.Ident) and target.name == "cel" and name == "bind" and len(args) == 3:
            if not isinstance(args[0], ast.Ident):
                raise CelSyntaxError("the first argument of cel.bind() is a name", args[0].start, args[0].end)
            return ast.substitute(args[2], {args[0].name: args[1]})
        return ast.Call(start, end, name, target, tuple(args))

    def macro(self, name: str, target: ast.Node, args: list[ast.Node], start: int, end: int) -> ast.Node:
        count = 2 if len(args) >= _TWO_VARIABLES.get(name, 9) else 1
        variables: list[str] = []
        for variable in args[:count]:
            if not isinstance(variable, ast.Ident):
                if name in ("map", "sortBy", "filter") or count == 1:
                    message = f"the first argument of {name}() is a name for the item"
                    raise CelSyntaxError(message, variable.start, variable.end)
                raise CelSyntaxError(f"{name}() takes two names and an expression", start, end)
            variables.append(variable.name)
        return ast.Macro(start, end, name, target, tuple(variables), tuple(args[count:]))


def _tokens(source: str) -> list[tuple[str, str, int, int]]:
    tokens: list[tuple[str, str, int, int]] = []
    position, length = 0, len(source)
    match = _TOKENS.match
    while position < length:
        found = match(source, position)
        if found is None:
            character = source[position]
            advice = {"=": "`==` compares", "&": "`&&` is and", "|": "`||` is or"}.get(character, "")
            raise CelSyntaxError(f"`{character}` is not expected here", position, position + 1, advice)
        kind = found.lastgroup or ""
        end = found.end()
        if kind == "string":
            end = _string_end(source, found.group(), position, end)
        if kind != "space":
            tokens.append((kind, source[position:end], position, end))
        position = end
    tokens.append(("end", "", length, length + 1))
    return tokens


def _string_end(source: str, opening: str, start: int, position: int) -> int:
    quote = opening.lstrip("bBrR")
    raw = "r" in opening[: -len(quote)].lower()
    while position < len(source):
        if source.startswith(quote, position):
            return position + len(quote)
        if source[position] == "\n" and len(quote) == 1:
            break
        position += 1 if raw or source[position] != "\\" else 2
    raise CelSyntaxError(f"the string has no closing {quote}", start, len(source))


def _string(text: str, start: int, end: int) -> ast.Literal:
    prefix = text[: len(text) - len(text.lstrip("bBrR"))].lower()
    body = text[len(prefix) :]
    quote = body[:3] if body[:3] in ('"""', "'''") and len(body) >= 6 else body[0]
    body = body[len(quote) : -len(quote)]
    is_bytes = "b" in prefix
    if "r" not in prefix and "\\" in body:
        body = _unescape(body, start, end, is_bytes)
    return ast.Literal(start, end, "bytes" if is_bytes else "string", body, text)


_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|X([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))",
    re.DOTALL,
)


def _unescape(body: str, start: int, end: int, is_bytes: bool) -> str:
    def one(found: re.Match[str]) -> str:
        small_hex, large_hex, short, long, octal, simple = found.groups()
        if simple is not None:
            if simple not in _ESCAPES:
                raise CelSyntaxError(f"`\\{simple}` is no escape of CEL", start, end, "write `\\\\` for a back-slash")
            return _ESCAPES[simple]
        code = int(octal, 8) if octal else int(small_hex or large_hex or short or long, 16)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000 or (is_bytes and (short or long)):
            raise CelSyntaxError(f"`{found.group()}` is no character", start, end)
        return chr(code)

    return _ESCAPE.sub(one, body)
