"""Values, files and settings as notebooks use them: one step a cell gives the notebook's answer."""

import pytest
from notebooks import cells_of, plan_of, run_plan, run_straight

from jupyter_kfp_ext.errors import errors_in

PATTERNS = {
    "pipeline holds its parts": """
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.linear_model import LinearRegression
---
scaler = StandardScaler()
pipe = make_pipeline(scaler, LinearRegression())
---
pipe.fit([[1.0], [3.0]], [1, 3])
---
print(scaler.mean_, pipe.predict([[2.0]]).round(3))
""",
    "dict of models": """
from sklearn.linear_model import LinearRegression, Ridge
models = {"a": LinearRegression(), "b": Ridge(alpha=0.0)}
---
for name, m in models.items():
    m.fit([[0.0], [1.0]], [0.0, 2.0])
---
best = models["a"]
---
print({k: m.coef_.round(2).tolist() for k, m in models.items()}, best is models["a"])
""",
    "view of a frame": """
import pandas as pd
df = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
---
col = df["a"]
---
df["c"] = col * 2
---
df.loc[0, "a"] = 10
---
print(df.to_dict("list"))
""",
    "numpy views": """
import numpy as np
a = np.zeros((2, 3))
---
row = a[0]
flat = a.reshape(-1)
---
row[:] = 1
flat[3] = 7
---
print(a.shape)
""",
    "split gives copies": """
import numpy as np
from sklearn.model_selection import train_test_split
X = np.arange(8).reshape(4, 2)
a, b = train_test_split(X, random_state=0)
---
a[:] = 0
---
print(X.sum(), b.shape)
""",
    "zip iterator": """
pairs = zip([1, 2, 3], "abc")
---
print(next(pairs))
---
print(list(pairs))
---
print(list(pairs))
""",
    "enumerate and map": """
e = enumerate("ab")
m = map(str.upper, "xyz")
---
next(e)
next(m)
---
print(list(e), list(m))
""",
    "reversed and filter": """
r = reversed([1, 2, 3])
f = filter(None, [0, 1, 2])
---
a = next(r)
b = [*f]
---
print(a, b, list(r), list(f))
""",
    "iterator in a container": """
d = {"it": iter([1, 2, 3])}
---
x = next(d["it"])
---
print(x, next(d["it"]))
""",
    "file written and read": """
with open("a.txt", "w") as f:
    f.write("one\\ntwo\\n")
---
lines = []
for line in open("a.txt"):
    lines.append(line.strip())
---
print(lines)
---
with open("a.txt") as f, open("b.txt", "w") as g:
    g.write(f.read().upper())
---
print(open("b.txt").read())
""",
    "json and pickle files": """
import json, pickle
---
with open("a.json", "w") as f:
    json.dump({"k": [1]}, f)
with open("a.pkl", "wb") as f:
    pickle.dump((1, 2), f)
---
with open("a.json") as f:
    d = json.load(f)
---
d["k"].append(2)
---
print(d, pickle.load(open("a.pkl", "rb")))
""",
    "folders": """
import os
from pathlib import Path
out = Path("out")
---
out.mkdir()
---
(out / "x.txt").write_text("hi")
---
print(sorted(p.name for p in out.iterdir()))
---
(out / "x.txt").rename(out / "y.txt")
---
print(os.listdir("out"))
---
import shutil
shutil.rmtree(out)
""",
    "touch and unlink": """
from pathlib import Path
---
Path("a").touch()
Path("b").touch()
---
Path("b").write_text("x")
---
import os
print(sorted(os.listdir(".")))
""",
    "csv writer": """
import csv
with open("t.csv", "w", newline="") as f:
    w = csv.writer(f)
    w.writerow(["a", "b"])
    w.writerows([[1, 2], [3, 4]])
---
with open("t.csv") as f:
    rows = list(csv.DictReader(f))
---
print(rows)
""",
    "numpy files": """
import numpy as np
np.save("x.npy", np.arange(3))
---
np.savez("z.npz", a=np.ones(2))
---
print(np.load("x.npy").tolist(), np.load("z.npz")["a"].tolist())
""",
    "joblib": """
import joblib
joblib.dump({"m": 1}, "m.joblib")
---
print(joblib.load("m.joblib"))
""",
    "zip file": """
import zipfile
with zipfile.ZipFile("a.zip", "w") as z:
    z.writestr("x.txt", "hey")
---
with zipfile.ZipFile("a.zip") as z:
    print(z.namelist(), z.read("x.txt").decode())
""",
    "database file": """
import sqlite3
con = sqlite3.connect("t.db")
con.execute("create table t (a int)")
con.execute("insert into t values (3)")
con.commit()
con.close()
---
con = sqlite3.connect("t.db")
print(con.execute("select a from t").fetchall())
con.close()
""",
    "figure file": """
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
---
fig, ax = plt.subplots()
ax.plot([1, 2])
fig.savefig("p.png")
---
import os
print(os.path.exists("p.png"))
""",
    "frame to csv": """
import pandas as pd
df = pd.DataFrame({"a": [1, 2]})
---
df.to_csv("d.csv", index=False)
---
print(pd.read_csv("d.csv").a.tolist())
""",
    "file written by a function": """
def save(text):
    with open("log.txt", "a") as f:
        f.write(text + "\\n")
---
save("a")
---
save("b")
---
print(open("log.txt").read().split())
""",
    "folder made by a function": """
import os
def prepare(name):
    os.makedirs(name, exist_ok=True)
    return name
---
where = prepare("deep/er")
---
print(os.path.isdir(where))
""",
    "numpy print options": """
import numpy as np
---
np.set_printoptions(precision=2)
---
print(np.array([3.14159]))
""",
    "pandas options": """
import pandas as pd
---
pd.set_option("display.precision", 1)
pd.options.display.max_rows = 7
---
print(pd.Series([1.234]).to_string(), pd.get_option("display.max_rows"))
""",
    "matplotlib options": """
import matplotlib.pyplot as plt
plt.rcParams["figure.figsize"] = (3, 2)
---
plt.rcParams.update({"font.size": 7})
plt.style.use("ggplot")
plt.rc("lines", linewidth=4)
---
rc = plt.rcParams
print(rc["figure.figsize"], rc["axes.facecolor"], rc["lines.linewidth"])
""",
    "warnings": """
import warnings
warnings.filterwarnings("ignore")
---
warnings.simplefilter("error")
---
try:
    warnings.warn("x")
    print("kept")
except UserWarning:
    print("raised")
""",
    "logging": """
import logging
logging.basicConfig(level=logging.INFO)
---
logging.getLogger("a").setLevel(logging.ERROR)
---
log = logging.getLogger("a")
---
print(logging.getLogger().level, log.level, log.isEnabledFor(30))
""",
    "recursion limit and switches": """
import sys
---
sys.setrecursionlimit(2345)
---
print(sys.getrecursionlimit())
""",
    "decimal context": """
import decimal
---
decimal.getcontext().prec = 5
---
print(decimal.Decimal(1) / 3)
""",
    "locale": """
import locale
locale.setlocale(locale.LC_ALL, "C")
---
print(locale.setlocale(locale.LC_ALL))
""",
    "setting through a function": """
import numpy as np
def setup(p):
    np.set_printoptions(precision=p)
---
setup(1)
---
print(np.array([3.14159]))
""",
    "setting with a computed value": """
import numpy as np
p = len("ab")
---
np.set_printoptions(precision=p)
---
print(np.array([3.14159]))
""",
    "module patched": """
import math
def f(): return math.tau2
---
math.tau2 = 3
---
print(f())
""",
    "method put on a library class": """
import pandas as pd
---
def first(self): return self.iloc[0].to_dict()
pd.DataFrame.first_row = first
---
print(pd.DataFrame({"a": [5]}).first_row())
""",
    "library function replaced": """
import json
---
real = json.dumps
json.dumps = lambda o: "patched " + real(o)
---
print(json.dumps(1))
""",
    "search path": """
import sys, os
sys.path.append(os.path.join("lib", "x"))
---
print(sys.path[-1])
""",
    "environment from a dict": """
import os
os.environ.update(MODE="fast", OTHER="1")
---
os.environ.pop("OTHER")
---
print(os.environ["MODE"], os.environ.get("OTHER"))
""",
    "random with its own generator": """
import random
rng = random.Random(3)
---
a = rng.random()
---
print(a == random.Random(3).random(), rng.random() == a)
""",
    "numpy's seeded generator": """
import numpy as np
np.random.seed(4)
---
a = np.random.rand()
---
df = np.random.permutation(4)
---
print(round(a, 6), df.tolist(), round(np.random.rand(), 6))
""",
    "sampling": """
import numpy as np, pandas as pd
np.random.seed(0)
df = pd.DataFrame({"a": range(10)})
---
s = df.sample(3)
---
print(s.a.tolist(), df.sample(2).a.tolist())
""",
    "random in a function": """
import random
def roll(): return random.randint(1, 10 ** 6)
random.seed(5)
---
a = roll()
---
b = roll()
---
print(a, b)
""",
    "seed in a function": """
import random
def seed_all(n): random.seed(n)
---
seed_all(3)
---
a = random.random()
---
print(a, random.random())
""",
    "exec of a text": """
exec("z = [1]")
---
z.append(2)
---
print(z)
""",
    "exec of a text with lines": """
exec('''
def f(x):
    return x + k
k = 2
''')
---
k = 5
---
print(f(1))
""",
    "eval of a text": """
x = [1]
---
eval("x.append(3)")
---
y = eval("len(x)")
---
print(x, y)
""",
    "globals by a computed name": """
for i, v in enumerate("ab"):
    globals()[f"col_{v}"] = i
---
print(col_a, col_b)
""",
    "exec of a computed text": """
name = "w"
exec(f"{name} = 3")
---
print(w)
""",
    "globals().update": """
globals().update({"u": 3})
---
print(u)
""",
    "del in a branch": """
x = 1
flag = True
---
if flag:
    del x
---
try:
    print(x)
except NameError:
    print("gone")
""",
    "try with all parts": """
out = []
---
try:
    v = int("3")
except ValueError:
    v = 0
else:
    out.append(v)
finally:
    out.append("end")
---
print(out, v)
""",
    "while with break": """
n, steps = 27, []
while True:
    steps.append(n)
    if n == 1 or len(steps) > 3: break
    n = n // 2
---
print(n, steps)
""",
    "slices shared": """
a = [[1], [2], [3]]
---
b = a[1:]
---
b[0].append(9)
b.append(4)
---
print(a, b)
""",
    "star unpacking shares": """
rows = [[1], [2], [3]]
---
first, *rest = rows
---
rest[0].append(5)
---
print(rows)
""",
    "sorted shares elements": """
xs = [{"n": 2}, {"n": 1}]
---
ys = sorted(xs, key=lambda d: d["n"])
---
ys[0]["n"] = 7
---
print(xs)
""",
    "dict merge shares values": """
a = {"x": [1]}
---
b = {**a, "y": 2}
c = a | {"z": 3}
---
b["x"].append(2)
---
print(a, c)
""",
    "group in a defaultdict": """
from collections import defaultdict
g = defaultdict(list)
---
for w in ["ab", "ac", "b"]:
    g[w[0]].append(w)
---
a = g["a"]
---
a.append("ad")
---
print(dict(g))
""",
    "deque and heap": """
from collections import deque, OrderedDict
import heapq
q = deque([3, 1])
h = []
---
heapq.heappush(h, q.popleft())
---
heapq.heappush(h, 0)
q.appendleft(5)
---
print(h, list(q))
""",
    "chained frames": """
import pandas as pd
df = pd.DataFrame({"k": ["a", "b", "a"], "v": [1, 2, 3]})
---
out = df.assign(w=lambda d: d.v * 2).groupby("k").w.sum().reset_index()
---
out["w"] += 1
---
print(out.w.tolist(), df.columns.tolist())
""",
    "frame changed in a function": """
import pandas as pd
def clean(d):
    d["b"] = d["a"] * 2
    d.drop(columns="a", inplace=True)
df = pd.DataFrame({"a": [1, 2]})
---
clean(df)
---
print(df.to_dict("list"))
""",
    "axes keep the figure": """
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
fig, axes = plt.subplots(1, 2)
---
axes[0].set_title("left")
---
fig.suptitle("top")
---
print(fig.axes[0].get_title(), fig._suptitle.get_text(), len(fig.axes))
""",
    "copy of a list": """
import copy
a = [[1], [2]]
---
b = copy.copy(a)
c = copy.deepcopy(a)
---
b[0].append(5)
c[0].append(6)
---
print(a, b, c)
""",
    "np.asarray shares": """
import numpy as np
a = np.arange(3)
---
b = np.asarray(a)
---
b[0] = 9
---
print(a.tolist())
""",
    "frame from an array": """
import numpy as np, pandas as pd
a = np.zeros((2, 2))
---
df = pd.DataFrame(a, columns=["x", "y"], copy=False)
---
a[0, 0] = 5
---
print(df.shape, a.sum())
""",
    "name of the loop": """
total = 0
for name in ["a", "b"]:
    total += len(name)
---
print(name, total)
""",
    "with nested names": """
import io
with io.StringIO("a") as f, io.StringIO("b") as g:
    t = f.read() + g.read()
---
print(t)
""",
    "chained assignment": """
a = b = []
---
a.append(1)
---
print(b, a is b)
""",
    "augmented item": """
d = {"k": [1], "n": 1}
k = d["k"]
---
d["k"] += [2]
d["n"] += 1
---
print(k, d)
""",
    "lazy text": """
import string
t = string.Template("$a b")
---
print(t.substitute(a=1))
""",
}


@pytest.mark.parametrize("text", PATTERNS.values(), ids=PATTERNS)
def test_one_step_a_cell_of_data(text):
    cells = cells_of(text)
    plan = plan_of(*cells)
    assert [each.message for each in errors_in(plan.problems)] == []
    assert run_plan(plan) == run_straight(cells)
