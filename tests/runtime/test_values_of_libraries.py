"""Values of other libraries that notebooks use arrive in the next step as what they were.

Libraries that the extra `test` does not bring are in the extra `values`; a test of one that is not
there is skipped by name.
"""

import importlib.util

import pytest
from crossing import cross

SKLEARN = {
    "estimator": (
        "from sklearn.linear_model import LogisticRegression as L\n"
        "v = L(C=2).fit([[0.0], [1.0]], [0, 1])",
        "(v, v.coef_, v.classes_, v.get_params(), v.predict_proba([[0.3]]))",
    ),
    "pipeline": (
        "from sklearn.pipeline import make_pipeline\n"
        "from sklearn.preprocessing import StandardScaler, FunctionTransformer\n"
        "from sklearn.tree import DecisionTreeClassifier as T\n"
        "v = make_pipeline(FunctionTransformer(lambda x: x + 0.5), StandardScaler(),"
        " T(random_state=0))\nimport numpy as np\nv.fit(np.array([[0.0], [1.0], [3.0]]), [0, 1,"
        " 1])",
        "(v.predict(__import__('numpy').array([[0.1], [2.0]])), v[1].mean_, [name for name, _ in"
        " v.steps])",
    ),
    "forest with a generator": (
        "import numpy as np\nfrom sklearn.ensemble import RandomForestClassifier as F\n"
        "v = F(3, random_state=np.random.RandomState(0)).fit([[0.0], [1.0]] * 9, [0, 1] * 9)",
        "(v.predict([[0.2]]), v.random_state.get_state()[2])",
    ),
    "column transformer": (
        "import pandas as pd\nfrom sklearn.compose import ColumnTransformer as C\n"
        "from sklearn.preprocessing import OneHotEncoder as O\n"
        "x = pd.DataFrame({'a': list('ab'), 'b': [1, 2]})\n"
        "v = C([('o', O(), ['a'])], remainder='passthrough').fit(x)",
        "(v.get_feature_names_out(), v.named_transformers_['o'].categories_)",
    ),
    "search": (
        "from sklearn.model_selection import GridSearchCV as G\nfrom sklearn.svm import SVC\n"
        "v = G(SVC(), {'C': [1, 2]}, cv=2).fit([[0.0], [1.0]] * 4, [0, 1] * 4)",
        "(v.best_params_, v.cv_results_['mean_test_score'])",
    ),
    "splits": (
        "from sklearn.model_selection import KFold; v = KFold(2, shuffle=True, random_state=1)",
        "[(a.tolist(), b.tolist()) for a, b in v.split(range(4))]",
    ),
    "bunch": ("from sklearn.datasets import load_iris; v = load_iris()", "(v.data.sum(), list(v))"),
}
SCIPY = {
    "sparse": (
        "import scipy.sparse as s, numpy as np; d = np.eye(3)\n"
        "v = [k(d) for k in (s.csr_matrix, s.csc_matrix, s.coo_matrix, s.lil_matrix,"
        " s.dok_matrix, s.bsr_matrix, s.dia_matrix, s.csr_array)]",
        "[(type(m), m.dtype, m.toarray().tolist()) for m in v]",
    ),
    "distributions": (
        "from scipy import stats; v = [stats.norm(1, 2), stats.gamma, stats.poisson(3)]",
        "(v[0].mean(), v[0].cdf(1), v[2].pmf(2))",
    ),
    "kernel density": (
        "from scipy import stats; v = stats.gaussian_kde([1.0, 2.0, 4.0])",
        "v([1.5])",
    ),
    "interpolation": (
        "from scipy import interpolate as i\n"
        "v = [i.interp1d([0, 1], [0, 2]), i.CubicSpline([0, 1, 2], [0, 1, 4])]",
        "[f(0.5) for f in v]",
    ),
    "result": (
        "from scipy import optimize as o; v = o.minimize(lambda x: x**2, 1.0)",
        "(v.x, v.success)",
    ),
    "tree": ("from scipy.spatial import cKDTree; v = cKDTree([[0, 0], [1, 1]])", "v.query([1, 1])"),
}
MATPLOTLIB = {
    "figure": (
        "from matplotlib.figure import Figure\nv = Figure(figsize=(2, 3))\n"
        "v.add_subplot().plot([1, 2], label='l')",
        "(v.get_size_inches(), v.axes[0].lines[0].get_xydata(), v.axes[0].lines[0].get_label())",
    ),
    "norm and map": (
        "import matplotlib as m; v = [m.colors.Normalize(0, 2), m.colormaps['viridis']]",
        "(v[0](1.0), v[1](0.5))",
    ),
    "path": ("from matplotlib.path import Path as P; v = P([[0, 0], [1, 1]])", "v"),
}
REQUESTS = {
    "session": (
        "import requests; v = requests.Session(); v.headers['A'] = 'b'; v.cookies.set('c', 'd')",
        "(v.headers['A'], v.cookies['c'], v.max_redirects)",
    ),
    "request": (
        "import requests; v = requests.Request('GET', 'http://x', params={'a': 1}).prepare()",
        "v.url",
    ),
}
PILLOW = {
    "image": (
        "from PIL import Image; v = Image.new('RGBA', (3, 2), (1, 2, 3, 4)); v.info['a'] = 1",
        "(v.mode, v.size, v.tobytes(), v.info)",
    ),
    "palette": (
        "from PIL import Image; v = Image.new('P', (2, 2)); v.putpalette([1, 2, 3] * 256)",
        "(v.mode, v.getpalette()[:6])",
    ),
}
POLARS = {
    "frame": (
        "import polars as pl\n"
        "v = pl.DataFrame({'a': [1, None], 'b': ['x', 'y'], 'c': [[1], [2, 3]]})",
        "(v, v.schema)",
    ),
    "types": (
        "import polars as pl, datetime as d\n"
        "v = [pl.Series('s', ['a', 'b'], pl.Categorical), pl.Series([d.date(2020, 1, 1)]),"
        " pl.Series([1.5], dtype=pl.Float32), pl.Series(['a'], dtype=pl.Enum(['a', 'b']))]",
        "[(s.dtype, s.to_list(), s.name) for s in v]",
    ),
    "lazy": (
        "import polars as pl; v = pl.DataFrame({'a': [1, 2]}).lazy().filter(pl.col('a') > 1)",
        "v.collect()",
    ),
    "expression": ("import polars as pl; v = pl.col('a').sum().over('b')", "str(v)"),
    "objects": ("import polars as pl; v = pl.Series('o', [1, 2]).to_frame()", "v"),
}
ARROW = {
    "table": (
        "import pyarrow as pa\nv = pa.table({'a': pa.array([1, None]), 'd':"
        " pa.array(['x', 'y']).dictionary_encode(), 'l': [[1], []]}, metadata={'k': 'v'})",
        "(v, v.schema.metadata, v.num_rows)",
    ),
    "batch and arrays": (
        "import pyarrow as pa\nv = [pa.record_batch({'a': [1, 2]}), pa.array([1, 2])[1:],"
        " pa.chunked_array([[1], [2]]), pa.scalar(3), pa.decimal128(5, 2)]",
        "v",
    ),
    "schema": (
        "import pyarrow as pa; v = pa.schema([pa.field('a', pa.int8(), False, {'m': '1'})])",
        "(v, v.field(0).metadata, v.field(0).nullable)",
    ),
    "pandas on arrow": (
        "import pandas as pd; v = pd.DataFrame({'a': pd.array([1, None], 'int64[pyarrow]')})",
        "(v.dtypes.tolist(), v.a.tolist())",
    ),
    "slice of a table": (
        "import pyarrow as pa; v = pa.table({'a': list(range(1000))})[5:7]",
        "(v.to_pydict(), v.nbytes)",
    ),
}
BOOSTERS = {
    "xgboost": (
        "import xgboost as x, numpy as np; X = np.arange(20.0).reshape(10, 2)\n"
        "v = x.train({'max_depth': 2}, x.DMatrix(X, np.arange(10) % 2), 3)\nv.set_attr(a='b')",
        "(v.predict(__import__('xgboost').DMatrix([[1.0, 2.0]])), v.attributes(),"
        " v.num_boosted_rounds())",
    ),
    "xgboost for sklearn": (
        "import xgboost as x; v = x.XGBClassifier(n_estimators=2).fit([[0.0], [1.0]] * 5, [0, 1]"
        " * 5)",
        "(v.predict_proba([[0.4]]), v.get_params()['n_estimators'])",
    ),
}
LIGHTGBM = {
    "booster": (
        "import lightgbm as l, numpy as np; X = np.arange(200.0).reshape(100, 2)\n"
        "v = l.train({'verbose': -1}, l.Dataset(X, np.arange(100) % 2), 3)",
        "(v.predict([[1.0, 2.0]]), v.num_trees(), v.best_iteration)",
    ),
    "for sklearn": (
        "import lightgbm as l, numpy as np; X = np.arange(200.0).reshape(100, 2)\n"
        "v = l.LGBMClassifier(n_estimators=2, verbose=-1).fit(X, np.arange(100) % 2)",
        "(v.predict_proba(__import__('numpy').array([[1.0, 2.0]])), v.classes_)",
    ),
}
SYMPY = {
    "expression": (
        "import sympy as s; x, y = s.symbols('x y', positive=True); v = s.diff(x**2 * y, x)",
        "(v, [a.is_positive for a in sorted(v.free_symbols, key=str)])",
    ),
    "matrix, function, lambda": (
        "import sympy as s; x = s.Symbol('x')\n"
        "v = [s.Matrix([[x, 1]]), s.Function('f')(x), s.Lambda(x, x + 1), s.S.Half, s.pi]",
        "(v, v[2](2), v[4] is __import__('sympy').pi)",
    ),
    "numeric function": (
        "import sympy as s; x = s.Symbol('x'); v = s.lambdify(x, x**2 + s.sin(x))",
        "v(2.0)",
    ),
    "symbols of one name": (
        "import sympy as s; v = [s.Symbol('x'), s.Dummy('x')]",
        "(v[0] == __import__('sympy').Symbol('x'), v[0] == v[1])",
    ),
}
NETWORKX = {
    "graph": (
        "import networkx as n; v = n.Graph(name='g'); v.add_edge(1, 'b', weight=2);"
        " v.nodes[1]['k'] = [1]",
        "(list(v.edges(data=True)), v.nodes[1], v.name, n_of(v))".replace("n_of(v)", "len(v)"),
    ),
    "views": (
        "import networkx as n; g = n.path_graph(3); v = [g, g.nodes, g.edges, g.degree, g.adj]",
        "(list(v[1]), list(v[2]), dict(v[3]), dict(v[4][0]))",
    ),
    "directed, with several edges": (
        "import networkx as n; v = n.MultiDiGraph([(1, 2), (1, 2)])",
        "(v.number_of_edges(), type(v))",
    ),
}
STATSMODELS = {
    "results": (
        "import statsmodels.api as s; v = s.OLS([1.0, 2.0, 4.0], s.add_constant([1.0, 2.0,"
        " 3.0])).fit()",
        "(v.params, v.rsquared, str(v.summary().tables[1]))",
    ),
    "formula": (
        "import pandas as pd, statsmodels.formula.api as s\n"
        "v = s.ols('y ~ x', pd.DataFrame({'y': [1.0, 2, 4], 'x': [1.0, 2, 3]})).fit()",
        "(v.params.to_dict(), v.predict(__import__('pandas').DataFrame({'x': [5.0]})).tolist())",
    ),
}
SQLALCHEMY = {
    "engine of a file": (
        "import sqlalchemy as s; v = s.create_engine('sqlite:////tmp/kfp-values.db')\n"
        "with v.begin() as c: c.execute(s.text('create table if not exists t (a)'))",
        "(v.url, v.connect().execute(__import__('sqlalchemy').text('select 1')).scalar())",
    ),
    "table and query": (
        "import sqlalchemy as s; m = s.MetaData(); t = s.Table('t', m, s.Column('a', s.Integer))\n"
        "v = [t, s.select(t).where(t.c.a > 1)]",
        "(str(v[1]), v[0].c.keys())",
    ),
}
TORCH = {
    "tensors": (
        "import torch; v = [torch.arange(3), torch.tensor(1.5), torch.zeros(0, 2),"
        " torch.tensor([1 + 2j]), torch.tensor([True]), torch.ones(2, dtype=torch.bfloat16)]",
        "[(t, t.dtype, t.shape, t.stride()) for t in v]",
    ),
    "strides": (
        "import torch; v = torch.arange(6.0).reshape(2, 3).t()[1:]",
        "(v, v.stride(), v.storage_offset(), v.is_contiguous())",
    ),
    "shared memory": (
        "import torch; a = torch.zeros(4); v = [a, a[1:], a.view(2, 2), a.numpy()]",
        "(v[0].fill_(7), v[1], v[2], v[3], v[0].zero_())",
    ),
    "gradients": (
        "import torch; v = torch.ones(2, requires_grad=True); (v * 3).sum().backward()",
        "(v.requires_grad, v.grad, v.is_leaf)",
    ),
    "module": (
        "import torch; torch.manual_seed(0)\n"
        "v = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2),"
        " torch.nn.Dropout())\n"
        "v(torch.ones(3, 2)).sum().backward(); v.eval()",
        "(v(__import__('torch').ones(2, 2)).tolist(), v.training, str(v),"
        " [p.grad for p in v.parameters()], v[1].running_mean)",
    ),
    "tied weights": (
        "import torch; a = torch.nn.Linear(2, 2); b = torch.nn.Linear(2, 2); b.weight = a.weight\n"
        "v = torch.nn.ModuleList([a, b])",
        "v[0].weight is v[1].weight",
    ),
    "module and optimizer": (
        "import torch; m = torch.nn.Linear(2, 1); o = torch.optim.Adam(m.parameters(), lr=0.1)\n"
        "m(torch.ones(1, 2)).sum().backward(); o.step(); v = [m, o]",
        "(v[1].param_groups[0]['params'][0] is v[0].weight, v[1].state_dict()['state'][0]['step'],"
        " v[1].state[v[0].weight]['exp_avg'])",
    ),
    "scheduler": (
        "import torch; p = [torch.nn.Parameter(torch.ones(1))]; o = torch.optim.SGD(p, 0.1)\n"
        "s = torch.optim.lr_scheduler.StepLR(o, 1); o.step(); s.step(); v = [o, s]",
        "(v[1].get_last_lr(), v[1].optimizer is v[0])",
    ),
    "generator": (
        "import torch; v = torch.Generator().manual_seed(4); torch.rand(2, generator=v)",
        "v.get_state().sum()",
    ),
    "data set and loader": (
        "import torch; from torch.utils.data import *\n"
        "v = DataLoader(TensorDataset(torch.arange(4)), batch_size=2)",
        "[b[0].tolist() for b in v]",
    ),
    "dtypes, devices, sizes": (
        "import torch; v = [torch.float16, torch.device('cpu'), torch.Size([1, 2]), torch.nn.ReLU]",
        "v",
    ),
    "sparse": (
        "import torch; v = torch.eye(3).to_sparse()",
        "(v.layout, v.to_dense().tolist())",
    ),
    "state": (
        "import torch; m = torch.nn.Linear(2, 2); v = [m, m.state_dict()]",
        "v[0].weight.data_ptr() == v[1]['weight'].data_ptr()",
    ),
}
FAMILIES = {
    "sklearn": SKLEARN,
    "scipy": SCIPY,
    "matplotlib": MATPLOTLIB,
    "requests": REQUESTS,
    "PIL": PILLOW,
    "polars": POLARS,
    "pyarrow": ARROW,
    "xgboost": BOOSTERS,
    "lightgbm": LIGHTGBM,
    "sympy": SYMPY,
    "networkx": NETWORKX,
    "statsmodels": STATSMODELS,
    "sqlalchemy": SQLALCHEMY,
    "torch": TORCH,
}


@pytest.mark.parametrize("library", FAMILIES)
def test_a_value_is_in_the_next_step_what_it_was(library, tmp_path):
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not there; `pip install .[values]` brings it")
    made, used, _ = cross(tmp_path, FAMILIES[library])
    assert used == made
    assert not [each for each in made.items() if each[1].startswith("failed")]
