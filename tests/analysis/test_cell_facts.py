"""Source of a cell -> the names that it reads, binds and deletes."""

import pytest

from jupyter_kfp_ext.analysis.cell import analyse_cell
from jupyter_kfp_ext.errors import Code

# source, names read before they are bound, names bound, names deleted
NAMES = [
    ("x = 1", "", "x", ""),
    ("x = y", "y", "x", ""),
    ("x = x + 1", "x", "x", ""),
    ("x += y", "x y", "", ""),
    ("x: int = y", "int y", "x", ""),
    ("x: int", "int", "", ""),
    ("a, (b, *c) = d", "d", "a b c", ""),
    ("a, b = b, a", "a b", "a b", ""),
    ("a = b = c", "c", "a b", ""),
    ("a.b.c = d", "a d", "", ""),
    ("a[i].b = d", "a i d", "", ""),
    ("a[i] += d", "a i d", "", ""),
    ("del a", "a", "", "a"),
    ("a = 1\ndel a", "", "", "a"),
    ("del a\na = 1", "a", "a", ""),
    ("del a[i], b.c", "a b i", "", ""),
    ("import a.b.c", "", "a", ""),
    ("import a.b as c", "", "c", ""),
    ("from a import b, c as d", "", "b d", ""),
    ("from a import *", "", "", ""),
    ("for i in xs:\n  print(i)", "print xs", "i", ""),
    ("for a.b in xs: pass", "a xs", "", ""),
    ("for i, (j, k) in xs: pass\nelse:\n  z = i", "xs", "i j k z", ""),
    ("while (n := f()): g(n)", "f g", "n", ""),
    ("with a as b, c as (d, e): f(b)", "a c f", "b d e", ""),
    ("try:\n  a = b\nexcept C as e:\n  d(e)\nelse:\n  f\nfinally:\n  g", "C b d f g", "a", "e"),
    ("if a:\n  b = 1\nelif c:\n  b = 2", "a c", "b", ""),
    ("assert a, b", "a b", "", ""),
    ("raise a from b", "a b", "", ""),
    ("x = [i for i in a if i > b]", "a b", "x", ""),
    ("x = {i: j for i, j in a for k in i}", "a", "x", ""),
    ("x = [i for i in i]", "i", "x", ""),
    ("x = [y := f(i) for i in a]", "a f", "x y", ""),
    ("x = {*a, *b}", "a b", "x", ""),
    ("x = {**a, 'k': b}", "a b", "x", ""),
    ("x = lambda a, *b, c=d, **e: a + f", "d", "x", ""),
    ("x = f'{a!r:>{b}} {{c}}'", "a b", "x", ""),
    ("x = a if b else c", "a b c", "x", ""),
    ("x = a and b or c", "a b c", "x", ""),
    ("x = a < b in c", "a b c", "x", ""),
    ("x = a[b:c, ...]", "a b c", "x", ""),
    ("f(*a, b, *c, k=d, **e)", "a b c d e f", "", ""),
    ("await a.b()", "a", "", ""),
    ("async for i in a: pass", "a", "i", ""),
    ("async with a as b: pass", "a", "b", ""),
    ("def f(a, b=c, *d, e=g, **h): return a + free", "c g", "f", ""),
    ("@deco(a)\ndef f(): pass", "a deco", "f", ""),
    ("def f(a: T) -> R: pass", "R T", "f", ""),
    ("def f():\n  x: T = 1", "", "f", ""),
    ("def f():\n  global g\n  g = 1", "", "f", ""),
    ("async def f(): await x", "", "f", ""),
    ("class A(B, metaclass=M):\n  x = y\n  def f(self): return z", "B M y", "A", ""),
    ("class A:\n  x = 1\n  y = x", "", "A", ""),
    ("class A:\n  x: T = 1", "T", "A", ""),
    ("@d\nclass A: pass", "d", "A", ""),
    ("match a:\n  case {'k': b, **r}: c\n  case [d, *e]: pass", "a c", "b d e r", ""),
    ("match a:\n  case P(x=1, y=z) if z: pass\n  case M.C | None: pass", "M P a", "z", ""),
    ("match a:\n  case _: b = 1", "a", "b", ""),
    ("print(x)\nx = 1", "print x", "x", ""),
    ("global x\nx = 1", "", "x", ""),
    ("'only text'", "", "", ""),
    ("", "", "", ""),
    ("x = 1; y = x;", "", "x y", ""),
    ("%matplotlib inline\nx = 1", "get_ipython", "x", ""),
    ("files = !ls {folder}", "get_ipython folder", "files", ""),
    ("out = %sql select 1", "get_ipython", "out", ""),
    ("%time x = f(y)", "f y", "x", ""),
    ("x = %time f(y)", "f y", "x", ""),
    ("%%time\nx = y", "y", "x", ""),
    ("%%capture out\nprint(y)", "get_ipython print y", "out", ""),
    ("%%capture --no-stderr out\ny", "get_ipython y", "out", ""),
    ("%%timeit -n 3\nf(y)", "f y", "", ""),
    ("%%bash\nx = $y", "get_ipython", "", ""),
    ("%%writefile a.py\nimport b", "get_ipython", "", ""),
    ("obj.method?", "get_ipython obj", "", ""),
    ("?obj", "get_ipython obj", "", ""),
    ("obj??", "get_ipython obj", "", ""),
    ("%pdoc obj.method", "get_ipython obj", "", ""),
    ("*ist?", "", "", ""),
    ("t = %timeit -o -n 3 f(y)", "f get_ipython y", "t", ""),
    ("s = %prun -q -s cumulative -r f(y)", "f get_ipython y", "s", ""),
    ("%lprun -f g f(y)", "f g get_ipython y", "", ""),
    ("%lprun -f g -f m.h -u 1e-3 f(y)", "f g get_ipython m y", "", ""),
    ("x = %time y = 3", "get_ipython", "x y", ""),
    ("%prun x = f(y)", "f get_ipython y", "x", ""),
    ("%timeit for i in y: pass", "get_ipython y", "i", ""),
    ("%%bash --out o --err e\necho", "get_ipython", "o e", ""),
    ("%%script --proc p sh --bg\necho", "get_ipython", "p", ""),
    ("cd some/folder", "get_ipython", "", ""),
    ("\nmkdir x\n", "get_ipython", "", ""),
    ("time x = f(y)", "f y", "x", ""),
    ("!!ls", "get_ipython", "", ""),
    ("if a:\n    !echo it's\n    b = 1", "a get_ipython", "_exit_code b", ""),
    ('x = """\n%matplotlib\n!ls\n"""', "", "x", ""),
    ("x = (a\n  % b)", "a b", "x", ""),
    ("x = a \\\n  % b", "a b", "x", ""),
    ("!ls \\\n  -l\nx = 1", "get_ipython", "_exit_code x", ""),
]


@pytest.mark.parametrize(("source", "uses", "binds", "unbinds"), NAMES)
def test_names(source, uses, binds, unbinds):
    facts = analyse_cell(source)
    assert facts.problem is None
    assert sorted(facts.uses) == sorted(uses.split())
    assert sorted(facts.binds) == sorted(binds.split())
    assert sorted(facts.unbinds) == sorted(unbinds.split())


REPLAYABLE = [
    ("import a", True),
    ("from a import *", True),
    ("def f(): return g()", True),
    ("class A:\n  '''Doc.'''\n  n = 1\n  def f(self): pass", True),
    ("class A:\n  print('side effect')", False),
    ("x = 1", True),
    ("x = {'a': [1, 2], 'b': (a, -b)}", True),
    ("x = f()", False),
    ("x = Path('a') / 'b'", True),
    ("x = re.compile('a')", True),
    ("x = Path('a')", True),
    ("x = PurePath('a')", True),
    ("X = make_dataclass('X', ['a'])", True),
    ("x = time.time()", False),
    ("x = random.random()", False),
    ("x.y = 1", False),
    ("x += 1", False),
    ("print(x)", False),
    ("try:\n  import a\nexcept ImportError:\n  a = None", True),
    ("try:\n  import a\nexcept ImportError:\n  print('no')", False),
    ("if DEBUG:\n  level = 1\nelse:\n  level = 2", True),
    ("if f():\n  level = 1", False),
    ("for i in range(3): pass", False),
    ("del x", False),
]


@pytest.mark.parametrize(("source", "replayable"), REPLAYABLE)
def test_replayable(source, replayable):
    (statement,) = analyse_cell(source).statements
    assert statement.replayable is replayable


SETTINGS = [
    ("pd.set_option('display.max_rows', 5)", True),
    ("sys.path.insert(0, str(Path.cwd().parent))", True),
    ("os.environ['A'] = '1'", True),
    ("plt.rcParams['figure.dpi'] = 100", True),
    ("plt.rcParams.update({'a': 1})", True),
    ("warnings.filterwarnings('ignore')", True),
    ("%matplotlib inline", True),
    ("%config InlineBackend.figure_format = 'svg'", True),
    ("time.sleep(2)", False),
    ("items.append(1)", False),
    ("plt.plot(x)", False),
    ("sys.path.append(find())", False),
    ("%cd ..", False),
]


@pytest.mark.parametrize(("source", "setting"), SETTINGS)
def test_setting(source, setting):
    (statement,) = analyse_cell(source).statements
    assert statement.setting is setting


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("x = (", 1),
        ("x = 1\ny = = 2", 2),
        ("def f():\n  pass\n\nreturn 3", 4),
        ("%matplotlib inline\nx ==== 1", 2),
        ("%%time\nx = 1\ny z", 3),
        ("if a:\nb", 2),
        ("nonlocal x", 1),
    ],
)
def test_syntax_error(source, line):
    facts = analyse_cell(source)
    assert facts.statements == ()
    assert facts.problem.code is Code.SYNTAX_ERROR
    assert facts.problem.line == line


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import a.b, c", ["a.b", "c"]),
        ("from a.b import c, d as e", ["a.b", "a.b.c", "a.b.d"]),
        ("def f():\n  import late", ["late"]),
        ("from a import *", ["a"]),
    ],
)
def test_modules(source, modules):
    assert list(analyse_cell(source).modules) == modules


def test_the_same_source_is_read_once():
    assert analyse_cell("unique_name = 5") is analyse_cell("unique_name" + " = 5")
