"""The mutants of a module: copies of its source with one small mistake each.

Tables count as much as code, because the state machines are tables: each row is left out once, and once leads elsewhere. Other
mistakes are in comparisons, conditions, numbers, what a function returns, and in statements that are left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult,
}
_FUNCTIONS = {"min": "max", "max": "min", "any": "all", "all": "any"}
# What no test can observe: types, the names of attributes, invariants, and what is raised (the condition before it is mutated).
_SKIPPED_FIELDS = frozenset({"annotation", "returns", "decorator_list", "type_params", "bases"})
_SKIPPED_STATEMENTS = (ast.Import, ast.ImportFrom, ast.Assert, ast.Raise)


@dataclass(frozen=True)
class Mutant:
    """One mistake.

    Attributes:
        line: Where it is.
        change: The code before and after.
        source: The whole module with the mistake.
    """

    line: int
    change: str
    source: str


def mutants_of(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a module's source, in the order of the source."""
    tree, lines = ast.parse(source), source.splitlines()
    for holder, key, node in _places(tree):
        for replacement in _replacements(node):
            holder[key] = replacement
            change = _describe(node, replacement)
            if isinstance(node, ast.Constant):
                change += f" in {lines[node.lineno - 1].strip()}"
            yield Mutant(getattr(replacement, "lineno", node.lineno), change, ast.unparse(tree))
        holder[key] = node


def _describe(node: Any, replacement: Any) -> str:
    if isinstance(node, ast.Dict):
        before, after = _rows(node), _rows(replacement)
        lost, new = [row for row in before if row not in after], [row for row in after if row not in before]
        return f"{', '.join(lost)} -> {', '.join(new) or 'no row'}"
    if isinstance(node, ast.If | ast.While):
        return f"if {ast.unparse(node.test)} -> if {ast.unparse(replacement.test)}"
    return " ".join(f"{ast.unparse(node)} -> {ast.unparse(replacement)}".split())


def _rows(table: ast.Dict) -> list[str]:
    return [
        f"{'**' if key is None else ast.unparse(key) + ': '}{ast.unparse(value)}"
        for key, value in zip(table.keys, table.values, strict=True)
    ]


def _places(node: ast.AST) -> Iterator[tuple[Any, Any, Any]]:
    """Yield what holds each statement and each expression, at which key, and it itself, the outermost first."""
    for field, value in ast.iter_fields(node):
        if field in _SKIPPED_FIELDS:
            continue
        holder: Any = value if isinstance(value, list) else vars(node)
        for key in range(len(value)) if isinstance(value, list) else [field]:
            child = holder[key]
            if not isinstance(child, ast.stmt | ast.expr | ast.comprehension | ast.keyword | ast.ExceptHandler | ast.arguments):
                continue
            if isinstance(child, _SKIPPED_STATEMENTS) or _decides_nothing(child):
                continue
            if isinstance(child, ast.stmt | ast.expr) and not _is_key(node, field):
                yield holder, key, child
            yield from _places(child)


def _decides_nothing(node: ast.AST) -> bool:
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Name(id="__slots__" | "__hash__")]):
            return True
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=attribute)], value=ast.Name(id=argument)):
            # Without it the object cannot be used at all.
            return attribute.removeprefix("_") == argument
        case _:
            return False


def _is_key(holder: ast.AST, field: str) -> bool:
    """Return whether a tuple in this place has a fixed length: a mistake in it would be a crash, which any test finds."""
    match holder:
        case ast.Dict():
            return field == "keys"
        case ast.Subscript():
            return field == "slice"
        case ast.Assign(targets=[ast.Tuple()], value=ast.Tuple()):
            return field == "value"
        case _:
            return False


def _replacements(node: ast.expr | ast.stmt) -> Iterator[ast.expr | ast.stmt]:
    match node:
        case ast.Compare():
            yield from _with_other_operators(node)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
            for rest in _without_each(node.values):
                yield ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.BinOp() if type(node.op) in _ARITHMETIC:
            yield ast.BinOp(node.left, _ARITHMETIC[type(node.op)](), node.right)
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int() | float()):
            yield ast.Constant(node.value + 1)
        case ast.Dict():
            yield from _with_other_rows(node)
        case ast.Set() | ast.List() | ast.Tuple() if not isinstance(getattr(node, "ctx", None), ast.Store):
            if len({type(each) for each in node.elts}) == 1:
                yield from _with_fewer_members(node)
        case ast.Call(func=ast.Name(id=name)) if name in _FUNCTIONS:
            yield ast.Call(ast.Name(_FUNCTIONS[name], ast.Load()), node.args, node.keywords)
        case ast.If() | ast.While() if not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            replacement = deepcopy(node)
            replacement.test = ast.UnaryOp(ast.Not(), node.test)
            yield replacement
        case ast.IfExp() if not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value in (None, False)):
            yield ast.Return(ast.Constant(None))
        case ast.Expr() | ast.AugAssign() | ast.Delete() | ast.Continue() | ast.Break():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript() | ast.Tuple(elts=[ast.Attribute(), *_]), *_]):
            yield ast.Pass()


def _with_other_operators(node: ast.Compare) -> Iterator[ast.Compare]:
    for index, operator in enumerate(node.ops):
        for other in _COMPARISONS[type(operator)]:
            yield ast.Compare(node.left, [*node.ops[:index], other(), *node.ops[index + 1 :]], node.comparators)


def _with_other_rows(node: ast.Dict) -> Iterator[ast.Dict]:
    """Leave out each row of a table, and let each lead where the next different one does."""
    for index, value in enumerate(node.values):
        keys, values = list(node.keys), list(node.values)
        del keys[index], values[index]
        line = value.lineno
        yield ast.Dict(keys, values, lineno=line)
        if node.keys[index] is None:
            continue
        following = node.values[index + 1 :] + node.values[:index]
        other = next((each for each in following if type(each) is type(value) and ast.dump(each) != ast.dump(value)), None)
        if other is not None:
            yield ast.Dict(node.keys, [*node.values[:index], other, *node.values[index + 1 :]], lineno=line)


def _with_fewer_members(node: ast.Set | ast.List | ast.Tuple) -> Iterator[ast.expr]:
    for rest in _without_each(node.elts):
        match node:
            case ast.Set():
                yield ast.Set(rest) if rest else ast.Call(ast.Name("set", ast.Load()), [], [])
            case ast.List():
                yield ast.List(rest, ast.Load())
            case ast.Tuple():
                yield ast.Tuple(rest, ast.Load())


def _without_each(items: list[ast.expr]) -> Iterator[list[ast.expr]]:
    for index in range(len(items)):
        yield items[:index] + items[index + 1 :]
