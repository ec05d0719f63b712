"""Values of the language and its standard library arrive in the next step as what they were."""

import itertools
import sys

import pytest
from crossing import cross

CLASSES = """
import enum, dataclasses, collections, functools, weakref, abc, typing
class Colour(enum.Enum):
    RED = 1
class Flags(enum.Flag):
    A = 1
    B = 2
Point = collections.namedtuple("Point", "x y")
class Typed(typing.NamedTuple):
    x: int = 0
@dataclasses.dataclass
class Data:
    x: int
    more: list = dataclasses.field(default_factory=list)
@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    x: int
class Slots:
    __slots__ = ("a", "b")
class Own(Exception):
    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code = code
class Keyword(Exception):
    def __init__(self, *, code):
        self.code = code
class Node:
    def __init__(self, name):
        self.name, self.next = name, None
    def call(self, n): return (self.name, n)
    @classmethod
    def make(cls): return cls("made")
    @staticmethod
    def plain(): return "plain"
    @property
    def upper(self): return self.name.upper()
class Sub(list):
    pass
class Default(dict):
    def __missing__(self, key): return key * 2
def top(x, y=1): return x + y
def tree(): return collections.defaultdict(tree)
"""

NUMBERS = {
    "numbers": ("v = [1, -2**70, 1.5, float('inf'), -0.0, 1j, True, None, ...]", "v"),
    "nan": ("v = float('nan')", "v"),
    "text": ("v = ['ä', '\\ud800', '', 'x' * 70000]", "v"),
    "bytes": ("v = [b'', b'ab' * 70000, bytearray(b'c')]", "v"),
    "containers": ("v = ([1], (2,), {3: [4]}, {5}, frozenset({6}))", "v"),
    "order of a dictionary": ("v = {'b': 1, 'a': 2}; v['c'] = v.pop('b')", "v"),
    "Decimal": ("import decimal; v = decimal.Decimal('1.10')", "v"),
    "Decimal context": (
        "import decimal; v = decimal.Context(prec=3, rounding=decimal.ROUND_UP)",
        "v",
    ),
    "Fraction": ("import fractions; v = fractions.Fraction(1, 3)", "v"),
    "range and slice": ("v = (range(1, 9, 2), slice(1, None, 2))", "v"),
    "NotImplemented": ("v = [NotImplemented, Ellipsis, int, type(None), len]", "v"),
    "memoryview": ("v = memoryview(b'abcdef')[2:4]", "(v, v.readonly, v.tobytes())"),
    "memoryview of a bytearray": (
        "a = bytearray(b'abcd'); v = (a, memoryview(a)[1:])",
        "(v[1].__setitem__(0, 90), v[0], v[1].readonly)",
    ),
    "memoryview of numbers": (
        "import array; v = memoryview(array.array('i', [1, 2, 3]))",
        "(v.format, v.tolist(), v.shape)",
    ),
    "array": ("import array; v = array.array('d', [1, 2])", "v"),
}

TIMES = {
    "date and time": (
        "import datetime as d\n"
        "v = [d.date(2020, 1, 2), d.time(1, 2, fold=1), d.timedelta(1, 2, 3), d.datetime.max]",
        "(v, v[1].fold)",
    ),
    "zones": (
        "import datetime as d, zoneinfo\nz = zoneinfo.ZoneInfo('Europe/Berlin')\n"
        "v = [d.datetime(2020, 7, 1, tzinfo=z), d.datetime(2020, 1, 1, tzinfo=d.timezone.utc), z,"
        " d.timezone(d.timedelta(hours=2), 'X')]",
        "([str(each) for each in v], v[0].utcoffset(), v[0].tzinfo is v[2])",
    ),
    "struct_time": ("import time; v = time.gmtime(0)", "v"),
    "uuid and addresses": (
        "import uuid, ipaddress\nv = [uuid.UUID(int=5), ipaddress.ip_network('10.0.0.0/8')]",
        "v",
    ),
    "paths": (
        "import pathlib; v = [pathlib.Path('a') / 'b', pathlib.PureWindowsPath('c:\\\\x')]",
        "v",
    ),
}

COLLECTIONS = {
    "deque": ("v = collections.deque([1, 2], maxlen=3)", "v"),
    "OrderedDict": ("v = collections.OrderedDict(a=1); v.move_to_end('a')", "v"),
    "Counter": ("v = collections.Counter('aab')", "(v, v['zz'])"),
    "defaultdict": ("v = collections.defaultdict(list, a=[1])", "(v['b'], v)"),
    "defaultdict with a lambda": ("v = collections.defaultdict(lambda: [7]); v[1]", "(v[2], v[1])"),
    "nested defaultdict": (
        "v = tree(); v['a']['b'] = 1",
        "(v['a']['b'], v['c']['d'])",
    ),
    "ChainMap": ("a = {1: 2}; v = collections.ChainMap(a, {3: 4})", "(v, v[3])"),
    "UserDict": ("v = collections.UserDict(a=1)", "(v, v.data)"),
    "SimpleNamespace": ("import types; v = types.SimpleNamespace(a=1)", "v"),
    "argparse": ("import argparse; v = argparse.Namespace(lr=0.1)", "v"),
    "parser": (
        "import argparse; v = argparse.ArgumentParser('p')\n"
        "v.add_argument('--lr', type=float, default=1.0)",
        "(v.parse_args(['--lr', '2']), v.format_usage())",
    ),
    "mappingproxy": ("import types; v = types.MappingProxyType({'a': [1]})", "(v, type(v))"),
    "heap": ("import heapq; v = [3, 1, 2]; heapq.heapify(v)", "v"),
    "configparser": (
        "import configparser; v = configparser.ConfigParser(); v['a'] = {'b': 'c'}",
        "(v['a']['b'], v.sections())",
    ),
    "StringIO": (
        "import io; v = io.StringIO('a\\nb\\n'); v.readline()",
        "(v.tell(), v.getvalue(), v.read(), v.seek(2))",
    ),
    "BytesIO": ("import io; v = io.BytesIO(b'abc'); v.read(1)", "(v.tell(), v.getvalue())"),
    "template": ("import string; v = string.Template('$a')", "v.substitute(a=1)"),
    "element tree": (
        "import xml.etree.ElementTree as et; v = et.fromstring('<a b=\"c\"><d/>t</a>')",
        "__import__('xml.etree.ElementTree').etree.ElementTree.tostring(v)",
    ),
    "random.Random": (
        "import random; v = random.Random(3); v.random()",
        "(v.getstate()[1][-1], v.getstate()[1][:3])",
    ),
}

CODE = {
    "pattern": ("import re; v = re.compile('a(?P<n>b)', re.I)", "(v, v.flags)"),
    "match": ("import re; v = re.match('a(?P<n>b)', 'abc')", "(v, v.groupdict(), v.span())"),
    "matches": (
        "import re; v = list(re.compile('(\\\\d)').finditer('a1b2', 1))",
        "[(m, m.start(1), m.pos, m.string) for m in v]",
    ),
    "logger": ("import logging; v = logging.getLogger('a.b')", "(v, v.name)"),
    "logger adapter": (
        "import logging; v = logging.LoggerAdapter(logging.getLogger('q'), {'a': 1})",
        "(v.extra, v.logger.name)",
    ),
    "log record": ("import logging; v = logging.makeLogRecord({'msg': 'x'})", "v.getMessage()"),
    "module": ("import json; v = [json, __import__('os.path').path]", "[m.__name__ for m in v]"),
    "function": ("v = top", "(v(1), v.__defaults__, v is top)"),
    "lambda": ("v = [lambda x, *a, k=2, **b: (x, a, k, b)]", "v[0](1, 3, z=4)"),
    "lambda with a global": ("scale = 3; v = (lambda x: x + len(CONST))", "v.__code__.co_names"),
    "closure": (
        "def make(n):\n    def inner(x): return x * n\n    return inner\nv = make(3)",
        "(v(2), v.__name__, v.__qualname__, v.__module__)",
    ),
    "two closures on one cell": (
        "def counter():\n    n = 0\n    def up():\n        nonlocal n\n        n += 1\n"
        "        return n\n    def get(): return n\n    return up, get\nv = counter()\nv[0]()",
        "(v[1](), v[0].__closure__[0] is v[1].__closure__[0])",
    ),
    "recursive closure": (
        "def make():\n    def f(n): return 1 if n < 2 else n * f(n - 1)\n    return f\nv = make()",
        "v(5)",
    ),
    "namespace of exec": (
        "v = {}; exec('x = 1\\ndef f(): return x\\ndef g(): return f() + x', v)",
        "(v['f'](), v['g'](), sorted(v), v['f'].__globals__ is v, v.update(x=5), v['g'](),"
        " v.update(x=1))",
    ),
    "function of exec, and its namespace": (
        "a = {}; exec('x = 1\\ndef f(): return x', a); v = [a['f'], a]",
        "(v[0] is v[1]['f'], v[0].__globals__ is v[1], v[0]())",
    ),
    "objects of the process": (
        "import os; v = [os.environ]",
        "v[0] is __import__('os').environ",
    ),
    "empty cell": (
        "def make():\n    def f(): return late\n    if False: late = 1\n    return f\nv = make()",
        "(v.__closure__ and v.__code__.co_freevars)",
    ),
    "attributes of a function": (
        "def make():\n    def f(x: int = 1) -> str:\n        'doc'\n    f.tag = [1]\n    return f\n"
        "v = make()",
        "(v.tag, v.__doc__, v.__annotations__, v.__defaults__, v.__kwdefaults__)",
    ),
    "keyword defaults": (
        "def make():\n    def f(*, k=5): return k\n    return f\nv = make()",
        "(v(), v.__kwdefaults__)",
    ),
    "decorated": (
        "def deco(f):\n    @functools.wraps(f)\n    def inner(*a): return f(*a) + 1\n"
        "    return inner\nv = deco(lambda x: x * 2)",
        "(v(3), v.__name__, v.__wrapped__(3))",
    ),
    "partial": ("v = functools.partial(top, 1, y=5)", "(v(), v.func is top, v.keywords)"),
    "partial of a lambda": ("v = functools.partial(lambda a, b: a - b, 9)", "v(4)"),
    "bound method": ("v = Node('a').call", "(v(1), v.__self__.name)"),
    "method of a list": ("a = [1]; v = (a, a.append)", "(v[1](2), v[0].pop(), v[0])"),
    "class method": ("v = (Node.make, Node.plain, Node.call)", "(v[0]().name, v[1]())"),
    "builtin method": ("v = [str.upper, 'a'.upper, dict.fromkeys, [].append]", "v[1]()"),
    "property": ("v = Node.upper", "v.fget(Node('a'))"),
    "own property": ("v = property(lambda self: 5, doc='text')", "(v.fget(0), v.__doc__)"),
    "operators": (
        "import operator as o\nv = [o.itemgetter(1), o.attrgetter('name'),"
        " o.methodcaller('upper')]",
        "(v[0]('ab'), v[1](Node('n')), v[2]('a'))",
    ),
    "code": ("v = compile('a = 1 + b', 'f', 'exec')", "(v.co_names, v.co_filename)"),
    "generator function": (
        "def make():\n    def g(n):\n        yield from range(n)\n    return g\nv = make()",
        "list(v(3))",
    ),
    "coroutine function": (
        "def make():\n    async def g(): return 4\n    return g\nv = make()",
        "__import__('asyncio').iscoroutinefunction(v)",
    ),
    "syntax tree": ("import ast; v = ast.parse('a + 1')", "__import__('ast').unparse(v)"),
    "lru_cache": (
        "def make():\n    @functools.lru_cache(maxsize=4)\n    def f(x): return x * 2\n"
        "    return f\nv = make()",
        "(v.cache_parameters(), v.__wrapped__(4), v.__name__)",
    ),
    "singledispatch": (
        "def make():\n    @functools.singledispatch\n    def f(x): return 'any'\n"
        "    @f.register\n    def _(x: int): return 'int'\n    return f\nv = make()",
        "(v(1), v('a'))",
    ),
    "generic alias": ("import typing; v = [list[int], typing.Optional[int], int | str]", "v"),
    "signature": ("import inspect; v = inspect.signature(top)", "v"),
    "context variable": (
        "import contextvars; v = contextvars.ContextVar('name', default=1); v.set(5)",
        "(v.name, v.get())",
    ),
    "object": ("marker = object(); v = {'a': marker, 'b': marker}", "v['a'] is v['b']"),
    "static and class method objects": (
        "v = [staticmethod(lambda: 3), classmethod(lambda cls: cls)]",
        "(v[0].__func__(), v[1].__func__(4))",
    ),
}

OBJECTS = {
    "enum": ("v = [Colour.RED, Flags.A | Flags.B]", "(v, v[0] is Colour.RED)"),
    "namedtuples": ("v = [Point(1, [2]), Typed(3)]", "(v, isinstance(v[0], Point), v[1]._fields)"),
    "dataclasses": ("v = [Data(1, [2]), Frozen(3)]", "(v, isinstance(v[0], Data))"),
    "slots": ("v = Slots(); v.a = [1]", "(v.a, hasattr(v, 'b'))"),
    "subclass of list": ("v = Sub([1]); v.name = 'n'", "(v, v.name, isinstance(v, Sub))"),
    "dict with a hook": ("v = Default(a=1)", "(v['zz'], v)"),
    "cycle": ("v = Node('a'); v.next = Node('b'); v.next.next = v", "v.next.next is v"),
    "weak reference": (
        "a = Node('a'); v = (a, weakref.ref(a))",
        "(v[1]() is v[0], v[1]().name)",
    ),
    "dead weak reference": ("v = weakref.ref(Node('x'))", "v()"),
    "weak dictionaries": (
        "a = Node('a'); b = weakref.WeakKeyDictionary({a: 1})\n"
        "c = weakref.WeakValueDictionary(k=a); v = (a, b, c, weakref.WeakSet([a]))",
        "(v[1][v[0]], v[2]['k'] is v[0], len(v[1]), v[0] in v[3])",
    ),
    "weak method": (
        "a = Node('a'); v = (a, weakref.WeakMethod(a.call), weakref.proxy(a))",
        "(v[1]()(2), v[2].name)",
    ),
    "own exception": (
        "v = Own(3, 'text')",
        "(str(v), v.code, v.args, isinstance(v, Own))",
    ),
    "exception with keywords": ("v = Keyword(code=4)", "(v.code, v.args)"),
    "error with causes": (
        "try:\n    try:\n        1 / 0\n    except ZeroDivisionError as e:\n"
        "        raise Own(1, 'a') from e\nexcept Own as e:\n    v = e",
        "(str(v), repr(v.__cause__), repr(v.__context__), v.__suppress_context__)",
    ),
    "notes": (
        "v = ValueError('a')\nv.add_note('more') if hasattr(v, 'add_note') else None",
        "(v, getattr(v, '__notes__', None))",
    ),
    "errors of the system": (
        "try:\n    open('/nothing')\nexcept OSError as e:\n    v = e",
        "(v, v.errno, v.filename)",
    ),
    "local exception": (
        "def make():\n    class Local(Exception):\n        pass\n    return Local('x')\nv = make()",
        "(type(v).__qualname__, v.args, isinstance(v, type(v)))",
    ),
    "local class": (
        "def make(n):\n    class Local(Node):\n        size = n\n"
        "        def call(self): return super().call(self.size)\n    return Local\n"
        "L = make(3); v = [L, L('a'), L('b')]",
        "(v[1].call(), type(v[1]) is v[0] is type(v[2]), v[0].__qualname__, v[0].__mro__[1] is"
        " Node)",
    ),
    "local dataclass": (
        "def make():\n    @dataclasses.dataclass(order=True)\n    class Local:\n        x: int ="
        " 1\n"
        "        y: list = dataclasses.field(default_factory=list)\n    return Local\n"
        "v = make()(5)",
        "(v, v == type(v)(5), dataclasses.asdict(v), dataclasses.replace(v, x=2), type(v)().y)",
    ),
    "local enum": (
        "def make():\n    class Local(enum.Enum):\n        A = 1\n        B = [2]\n"
        "        def low(self): return self.name.lower()\n    return Local\nv = list(make())",
        "(v, v[0].low(), type(v[0])(1) is v[0], list(type(v[0])))",
    ),
    "local named tuple": (
        "def make(): return collections.namedtuple('P', 'a b', defaults=[5])\nv = make()(1)",
        "(v, v.b, v._replace(a=2), v._asdict())",
    ),
    "local abstract class": (
        "def make():\n    class Base(abc.ABC):\n        @abc.abstractmethod\n"
        "        def f(self): ...\n    class Local(Base):\n        def f(self): return 1\n"
        "    return Local()\nv = make()",
        "(v.f(), [k.__name__ for k in type(v).__mro__], type(v).__mro__[1].__abstractmethods__)",
    ),
    "local class with slots": (
        "def make():\n    class Local:\n        __slots__ = ('a', '__weakref__')\n    x = Local()\n"
        "    x.a = 5\n    return x\nv = make()",
        "(v.a, hasattr(v, '__dict__'), type(v).__slots__)",
    ),
    "local metaclass": (
        "def make():\n    class Meta(type):\n        tag = 7\n"
        "    class Local(metaclass=Meta):\n        pass\n    return Local\nv = make()",
        "(v.tag, type(v).__name__)",
    ),
    "class that refers to itself": (
        "def make():\n    class Tree:\n        kids = []\n        def grow(self): return Tree()\n"
        "    Tree.kids.append(Tree)\n    return Tree()\nv = make()",
        "(type(v.grow()) is type(v), type(v).kids[0] is type(v))",
    ),
    "typing of a local class": (
        "def make():\n    T = typing.TypeVar('T')\n    class Box(typing.Generic[T]):\n"
        "        pass\n    return Box[int]\nv = make()",
        "(v.__args__, v.__origin__.__name__)",
    ),
    "errors with fields": (
        "v = [ValueError(1), KeyError('k'), StopIteration(3), SystemExit(2),"
        " UnicodeDecodeError('utf-8', b'a', 0, 1, 'why'), ImportError('m', name='n', path='p')]",
        "(v, v[2].value, v[3].code, v[4].reason, v[5].name, v[5].path)",
    ),
    "error of a syntax": (
        "try:\n    compile('a b', 'f', 'exec')\nexcept SyntaxError as e:\n    v = e",
        "(v.lineno, v.text, v.msg, v.filename)",
    ),
    "name error": (
        "try:\n    nothing_here\nexcept NameError as e:\n    v = e",
        "(v, getattr(v, 'name', None))",
    ),
    "deep": (
        "v = None\nfor _ in range(20000): v = [v]",
        "[v := v[0] for _ in range(19999)][-1] == [None]",
    ),
}

ITERATORS = {
    "of a list": ("v = iter([1, 2, 3]); next(v)", "list(__import__('copy').copy(v))"),
    "of a tuple": ("v = iter((1, 2, 3)); next(v)", "v.__reduce__()[1:]"),
    "of keys and values": ("d = {'a': 1}; v = (d, d.keys(), d.values(), d.items())", "v"),
    "range": ("v = iter(range(5)); next(v)", "v.__reduce__()[1:]"),
    "reversed": ("v = reversed([1, 2, 3]); next(v)", "v.__reduce__()[1:]"),
    "text": ("v = iter('abc'); next(v)", "v.__reduce__()[1:]"),
    "enumerate": ("v = enumerate('abc', 5); next(v)", "type(v)"),
    "zip": ("v = zip([1, 2], 'ab'); next(v)", "type(v)"),
    "map": ("v = map(str, [1, 2])", "type(v)"),
    "filter": ("v = filter(None, [0, 1])", "type(v)"),
}
USED_UP = {
    "count": "v = itertools.count(5, 2); next(v)",
    "repeat": "v = itertools.repeat('a', 3); next(v)",
    "cycle": "v = itertools.cycle([1, 2, 3]); next(v)",
    "cycle begun anew": "v = itertools.cycle([1, 2, 3]); [next(v) for _ in range(4)]",
    "chain": "v = itertools.chain([1], [2, 3]); next(v)",
    "chain of an iterable": "v = itertools.chain.from_iterable([[1], [2, 3], [4]]); next(v)",
    "islice": "v = itertools.islice(range(9), 1, 8, 2); next(v)",
    "accumulate": "v = itertools.accumulate([1, 2, 3, 4]); next(v)",
    "accumulate with a function": (
        "v = itertools.accumulate([1, 2, 3], lambda a, b: a * b); next(v)"
    ),
    "starmap": "v = itertools.starmap(pow, [(2, 3), (3, 2)]); next(v)",
    "takewhile": "v = itertools.takewhile(lambda n: n < 3, [1, 2, 3, 1]); next(v)",
    "dropwhile": "v = itertools.dropwhile(lambda n: n < 2, [1, 2, 3, 1]); next(v)",
    "filterfalse": "v = itertools.filterfalse(lambda n: n % 2, [1, 2, 3, 4])",
    "compress": "v = itertools.compress('abcd', [1, 0, 1, 1]); next(v)",
    "zip_longest": "v = itertools.zip_longest([1, 2, 3], 'a', fillvalue=0); next(v)",
    "product": "v = itertools.product('ab', [1, 2]); next(v)",
    "product with repeat": "v = itertools.product('ab', repeat=3); next(v); next(v)",
    "permutations": "v = itertools.permutations([1, 2, 3], 2); next(v)",
    "combinations": "v = itertools.combinations([1, 2, 3], 2); next(v)",
    "combinations_with_replacement": (
        "v = itertools.combinations_with_replacement('abc', 2); next(v)"
    ),
    "tee": "a, b = itertools.tee([1, 2, 3]); next(a); v = itertools.chain(a, b)",
    "map": "v = map(lambda a, b: a + b, [1, 2, 3], [4, 5, 6]); next(v)",
    "zip": "v = zip([1, 2, 3], iter('abc')); next(v)",
    "enumerate": "v = enumerate(['a', 'b', 'c'], 3); next(v)",
    "filter": "v = filter(None, [1, 0, 2, 3]); next(v)",
    "dictionary": "v = iter({'a': 1, 'b': 2, 'c': 3}); next(v)",
    "set": "v = iter({5, 6, 7}); next(v)",
    "items": "v = iter({'a': 1, 'b': 2, 'c': 3}.items()); next(v)",
    "nested": "v = enumerate(zip(itertools.count(1), map(str, 'ab'))); next(v)",
    "bytes": "v = iter(b'abc'); next(v)",
    "reversed dictionary": "v = reversed({'a': 1, 'b': 2}); next(v)",
    "deque": "import collections; v = iter(collections.deque([1, 2, 3])); next(v)",
}

FAMILIES = {
    "numbers": ("", NUMBERS),
    "times": ("", TIMES),
    "collections": (CLASSES, COLLECTIONS),
    "code": (CLASSES + "CONST = 'abc'\n", CODE),
    "objects": (CLASSES, OBJECTS),
    "iterators": ("", ITERATORS),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_value_is_in_the_next_step_what_it_was(family, tmp_path):
    prelude, rows = FAMILIES[family]
    made, used, _ = cross(tmp_path, rows, prelude)
    assert used == made
    assert not [each for each in made.items() if each[1].startswith("failed")]


def test_an_iterator_goes_on_where_it_was(tmp_path):
    """The expected rest comes from this process; each iterator is read in another one."""
    rest = "list(itertools.islice(v, 30))"
    expected = {}
    for name, make in USED_UP.items():
        space: dict = {"itertools": itertools}
        exec(make, space)
        if sys.version_info < (3, 14) or "itertools" not in make:  # copying those ended in 3.14
            expected[name] = repr(eval(rest, space))
    rows = {name: (USED_UP[name], "0") for name in expected}
    read = dict.fromkeys(expected, ("", rest))
    assert cross(tmp_path, rows, "import itertools", read)[1] == expected
