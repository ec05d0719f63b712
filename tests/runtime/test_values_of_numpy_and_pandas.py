"""Arrays and frames arrive in the next step with content, type, layout and flags."""

import pytest
from crossing import cross

PRELUDE = """
import numpy as np, datetime as d
def array(a):
    return (type(a).__name__, a.dtype.str, a.dtype.names, a.shape, a.strides if a.size else 0,
            a.flags.f_contiguous,
            a.flags.writeable, a.tobytes().hex() if not a.dtype.hasobject else a.tolist())
"""
NUMPY = {
    "scalars": (
        "v = [np.float32(1.5), np.int8(-3), np.bool_(True), np.complex64(1j), np.str_('a'),"
        " np.bytes_(b'a'), np.datetime64('2020-01-01'), np.timedelta64(3, 'h'), np.float16(2),"
        " np.longdouble(1), np.void(b'ab')]",
        "[(type(x), x, x.dtype) for x in v]",
    ),
    "no dimension": ("v = np.array(5.0)", "array(v)"),
    "dtypes": (
        "v = [np.arange(3).astype(t) for t in ('>i4', '<u2', 'f2', 'c16', 'M8[s]', 'm8[D]', '?')]",
        "[array(a) for a in v]",
    ),
    "text": ("v = np.array(['a', 'bcd'])", "array(v)"),
    "bytes": ("v = np.array([b'a', b'bcd'])", "array(v)"),
    "new strings": (
        "v = np.array(['a', 'long ' * 20], dtype=np.dtypes.StringDType()"
        " if hasattr(np, 'dtypes') and hasattr(np.dtypes, 'StringDType') else object)",
        "(v.dtype, v.tolist())",
    ),
    "objects": ("v = np.array([1, 'a', [2]], dtype=object)", "array(v)"),
    "structured": (
        "v = np.array([(1, 2.5, 'a')], dtype=[('x', 'i4'), ('y', 'f8'), ('z', 'U3')])",
        "(array(v), v['y'], v.dtype)",
    ),
    "record array": ("v = np.rec.array([(1, 2.0)], dtype=[('x', 'i4'), ('y', 'f8')])", "(v.x, v)"),
    "masked": (
        "v = np.ma.array([1, 2, 3], mask=[0, 1, 0], fill_value=9)",
        "(v, v.mask, v.fill_value, v.hardmask)",
    ),
    "masked constant": ("v = np.ma.masked", "v is np.ma.masked"),
    "Fortran order": ("v = np.asfortranarray(np.arange(6.0).reshape(2, 3))", "array(v)"),
    "transposed": ("v = np.arange(6).reshape(2, 3).T", "array(v)"),
    "read only": ("v = np.arange(3); v.flags.writeable = False", "array(v)"),
    "read only view": (
        "a = np.arange(6); b = a[::2]; b.flags.writeable = False; v = [a, b]",
        "(array(v[1]), np.shares_memory(*v))",
    ),
    "read only, in Fortran order": (
        "v = np.asfortranarray(np.ones((2, 2))); v.flags.writeable = False",
        "array(v)",
    ),
    "broadcast": (
        "v = np.broadcast_to(np.arange(3), (2, 3))",
        "(v.tolist(), v.shape, v.flags.writeable)",
    ),
    "matrix": ("v = np.matrix([[1, 2]])", "(type(v), v * v.T)"),
    "view and base": (
        "a = np.zeros((4, 4)); v = [a, a[1:3, 1:3], a.T, a[::-1], a.reshape(-1)]",
        "[np.shares_memory(v[0], b) for b in v]",
    ),
    "polynomials": (
        "v = [np.poly1d([1, 2], variable='t'), np.polynomial.Polynomial([1, 2])]",
        "(str(v[0]), v[1], v[0](2))",
    ),
    "generator": (
        "v = np.random.default_rng(3); v.random()",
        "(v.bit_generator.state, type(v))",
    ),
    "generators": (
        "v = [np.random.Generator(b(5)) for b in (np.random.PCG64, np.random.MT19937,"
        " np.random.Philox, np.random.SFC64)]\n[g.normal() for g in v]",
        "[str(g.bit_generator.state) for g in v]",
    ),
    "spawned": (
        "v = np.random.default_rng(3); v.spawn(1)",
        "v.bit_generator.seed_seq.n_children_spawned",
    ),
    "RandomState": ("v = np.random.RandomState(1); v.normal()", "[str(x) for x in v.get_state()]"),
    "the global RandomState": ("v = np.random.mtrand._rand", "v is np.random.mtrand._rand"),
    "methods of the global generators": (
        "import random; v = [np.random.rand, random.random]",
        "(v[0].__self__ is np.random.mtrand._rand, v[1] == __import__('random').random)",
    ),
    "SeedSequence": (
        "v = np.random.SeedSequence(4); v.spawn(2)",
        "(v.entropy, v.n_children_spawned)",
    ),
    "functions": ("v = [np.sin, np.add, np.float64, np.dtype('f4'), np.newaxis]", "v"),
    "vectorize": ("v = np.vectorize(lambda x: x + 1)", "v([1, 2])"),
    "index tricks": ("v = [np.s_[1:2, ..., None], np.ndindex(2)]", "v[0]"),
    "empty": ("v = [np.zeros((0, 3)), np.array([], dtype='U5')]", "[array(a) for a in v]"),
    "subclass": ("v = Own(3); v.note = 'kept'", "(type(v), v)"),
    "flat": ("v = np.arange(4).flat.base", "v"),
    "memory map to read": (
        "np.arange(8.0).tofile('/tmp/{id}'); v = np.memmap('/tmp/{id}', 'f8', 'r')[2:]".replace(
            "{id}", "kfp-values-memmap"
        ),
        "(type(v), v.tolist(), v.flags.writeable)",
    ),
    "memory map, copied on write": (
        "np.arange(8.0).tofile('/tmp/kfp-values-memmap2')\n"
        "v = np.memmap('/tmp/kfp-values-memmap2', 'f8', 'c'); v[0] = 9",
        "v.tolist()",
    ),
}
OWN = """
class Own(np.ndarray):
    def __new__(cls, n): return np.zeros(n).view(cls)
"""
PANDAS = {
    "frame": (
        "v = pd.DataFrame({'a': [1, 2], 'b': ['x', None], 'c': [1.5, np.nan]}, index=[5, 6])",
        "frame(v)",
    ),
    "columns with levels": (
        "v = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([('a', 1), ('b', 2)],"
        " names=['x', 'y']))",
        "frame(v)",
    ),
    "index with levels": (
        "v = pd.DataFrame({'a': range(4)}, index=pd.MultiIndex.from_product([[1, 2], ['a', 'b']]))",
        "(frame(v), v.index.levels)",
    ),
    "categories": (
        "v = pd.Series(pd.Categorical(['a', 'b', 'a'], categories=['b', 'a', 'z'], ordered=True))",
        "(v, v.cat.ordered, list(v.cat.categories))",
    ),
    "nullable": (
        "v = pd.DataFrame({'i': pd.array([1, None], 'Int64'), 'b': pd.array([True, None],"
        " 'boolean'), 's': pd.array(['a', None], 'string'), 'f': pd.array([1.5, None],"
        " 'Float32')})",
        "frame(v)",
    ),
    "strings": (
        "v = [pd.Series(['a', None], dtype=t) for t in ('str', 'object', 'string')]",
        "[(s.dtype, s.tolist()) for s in v]",
    ),
    "times": (
        "v = pd.DataFrame({'t': pd.date_range('2020', periods=2, tz='Europe/Berlin'),"
        " 'p': pd.period_range('2020', periods=2, freq='M'),"
        " 'd': pd.to_timedelta([1, 2], unit='h'), 'i': pd.interval_range(0, 2)})",
        "frame(v)",
    ),
    "indexes": (
        "v = [pd.RangeIndex(1, 9, 2, name='r'), pd.date_range('2020', periods=3, freq='D'),"
        " pd.CategoricalIndex(['a']), pd.interval_range(0, 2), pd.Index([1, 2], name='n')]",
        "[(i, getattr(i, 'freq', None), i.name) for i in v]",
    ),
    "scalars": (
        "v = [pd.NaT, pd.NA, pd.Timestamp('2020', tz='UTC'), pd.Timedelta(1), pd.Period('2020'),"
        " pd.Interval(1, 2), pd.offsets.BDay(2)]",
        "(v, v[0] is pd.NaT, v[1] is pd.NA)",
    ),
    "sparse": ("v = pd.Series(pd.arrays.SparseArray([0, 0, 1]))", "(v, v.sparse.density)"),
    "attrs": (
        "v = pd.DataFrame({'a': [1]}); v.attrs['unit'] = ['m']; v.flags.allows_duplicate_labels"
        " = False",
        "(v.attrs, v.flags)",
    ),
    "attrs of a column": (
        "v = pd.Series([1], name='n'); v.attrs['k'] = 1",
        "(v.attrs, v.name)",
    ),
    "duplicate labels": ("v = pd.DataFrame([[1, 2]], columns=['a', 'a'])", "frame(v)"),
    "group by": (
        "v = pd.DataFrame({'k': list('aab'), 'x': [1, 2, 3]}).groupby('k')",
        "(v.sum().to_dict(), v.ngroups, v.grouper.names if hasattr(v, 'grouper') else '')",
    ),
    "group by and column": (
        "v = pd.DataFrame({'k': list('aab'), 'x': [1, 2, 3]}).groupby('k', sort=False)['x']",
        "v.mean().to_dict()",
    ),
    "rolling": (
        "v = [pd.Series(range(5)).rolling(2), pd.Series(range(5)).expanding(),"
        " pd.Series(range(5)).ewm(span=2)]",
        "[r.mean().tolist() for r in v]",
    ),
    "resampler": (
        "v = pd.Series(range(4), pd.date_range('2020', periods=4)).resample('2D')",
        "v.sum().tolist()",
    ),
    "object column": (
        "v = pd.DataFrame({'o': [[1], {'a': 2}, None]})",
        "(frame(v), v.o[0])",
    ),
    "one column shared": (
        "a = pd.DataFrame({'x': [1, 2]}); v = [a, a, a.copy()]",
        "(v[0] is v[1], v[0] is v[2])",
    ),
    "frame and its column, which one may change without the other": (
        "a = pd.DataFrame({'x': [1, 2], 'y': [3, 4]}); v = [a.copy(), a, a['x'],"
        " a['y'].to_numpy()]",
        "(v[1].__setitem__('x', 5), v[2].tolist(),"
        " v[1].__setitem__('x', v[2]), v[3].flags.writeable)",
    ),
    "options and parameters of the library": (
        "import matplotlib; v = [pd.options, matplotlib.rcParams]",
        "(v[0] is pd.options, v[1] is __import__('matplotlib').rcParams)",
    ),
    "subclass": ("v = Frame({'a': [1]})", "(type(v), v.size_of())"),
    "accessors and methods": (
        "v = [pd.DataFrame.mean, pd.Series([1]).map, pd.read_csv]",
        "v[1](lambda x: x + 1).tolist()",
    ),
    "grouper": ("v = pd.Grouper(key='a', freq='D')", "v"),
    "frame of one type": ("v = pd.DataFrame(np.arange(6).reshape(2, 3))", "(frame(v), v.values)"),
}
FRAMES = """
import pandas as pd
def frame(f):
    return (type(f).__name__, f.to_dict('split'), f.dtypes.tolist(), f.index, f.columns, f.attrs)
class Frame(pd.DataFrame):
    @property
    def _constructor(self): return Frame
    def size_of(self): return self.size
"""
FAMILIES = {
    "numpy": (PRELUDE + OWN, NUMPY),
    "pandas": (PRELUDE + FRAMES, PANDAS),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_value_is_in_the_next_step_what_it_was(family, tmp_path):
    prelude, rows = FAMILIES[family]
    made, used, _ = cross(tmp_path, rows, prelude)
    assert used == made
    assert not [each for each in made.items() if each[1].startswith("failed")]
