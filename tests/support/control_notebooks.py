"""Small notebooks with loops, conditions and the exit, said by the magic, for a kernel too."""

from typing import NamedTuple


class Case(NamedTuple):
    """A notebook; `skips`: names of steps that a run skips."""

    name: str
    cells: tuple[str, ...]
    skips: tuple[str, ...] = ()


def case(name, *cells, skips=()):
    return Case(name, cells, skips)


EACH = "%%component train --for-each"
CASES = [
    case(
        "literal floats",
        f'{EACH} "lr in [0.1, 0.01, 1.0]"\nscore = lr * 2\nprint("lr", lr)\nscore',
        "%%component show\nprint(score, lr)",
    ),
    case(
        "every literal type",
        f'{EACH} "x in [-1, 2]"\na = x, type(x).__name__',
        '%%component two --for-each "x in [True, False]"\nb = x',
        "%%component three --for-each \"x in ['a', 'ä$x', '{{y}}', 'json:1']\"\nc = x",
        '%%component four --for-each "x in [1, 2.0, None]"\nd = x',
        '%%component five --for-each "x in [[1, 1.0], [2]]"\ne = x',
        "%%component six --for-each \"x in [{'b': 1, 'a': 2.0}]\"\nf = x",
        '%%component seven --for-each "x in range(1, 6, 2)"\ng = x',
        '%%component eight --for-each "x in {(1, 2): 3}"\nh = x',
        "%%component show\nprint(a, b, c, d, e, f, g, h)",
    ),
    case(
        "computed list of objects",
        "import datetime",
        "%%component load\ndays = [datetime.date(2024, 1, n) for n in (1, 2)]\nbase = 10",
        f'{EACH} "day in days"\nnext_day = day + datetime.timedelta(base)\nprint(next_day)',
        "%%component show\nprint(next_day, day)",
    ),
    case(
        "tuple targets, dict items, enumerate",
        "%%component load\npairs = {'a': [1, 2], 'b': [3]}",
        f'{EACH} "i, (key, values) in enumerate(pairs.items())"\n'
        "total = sum(values)\nlabel = key * i",
        "%%component show\nprint(total, label, i, key, values)",
    ),
    case(
        "generator and map as items",
        "%%component load\nnames = ['x', 'y']",
        f'{EACH} "n in (name.upper() for name in names)"\nout = n',
        "%%component show\nprint(out)",
    ),
    case(
        "a parameter as items",
        "%%component load\nrates = [1, 0.5]",
        f'{EACH} "r in rates" --for-each-limit 1\nout = r, r * 2',
        "%%component show\nprint(out)",
    ),
    case(
        "nothing to loop over",
        "%%component load\nfiles = []",
        f'{EACH} "f in files"\nout = f\nprint("never")',
        "%%component show\nprint(out, len(out))",
    ),
    case(
        "imports and functions of the body stay what they are",
        f'{EACH} "n in [3, 4]"\nimport math\ndef twice(x):\n    return 2 * x\n'
        "out = twice(math.sqrt(n))",
        "%%component show\nprint([round(x, 3) for x in out], twice(math.pi))",
    ),
    case(
        "each iteration starts from what was before",
        "total = 100",
        f'{EACH} "n in [1, 2]"\ntotal = total + n\nprint(total)',
        "%%component show\nprint(total)",
    ),
    case(
        "a name that not every iteration assigns",
        "best = 'none'",
        f'{EACH} "n in [1, 2, 3]"\nif n == 2:\n    best = n\n    lucky = n',
        "%%component show\nprint(best)\n"
        "try:\n    print(lucky)\nexcept NameError:\n    print('no lucky')",
    ),
    case(
        "what iterations leave is not one object",
        f'{EACH} "n in [1, 2]"\na = []\nb = a',
        "%%component show\nprint(a, b, a[0] is a[1], a[0] is b[0])\na[0].append(1)\nprint(a, b)",
    ),
    case(
        "files of iterations",
        f'{EACH} "n in [1, 2]"\n'
        "with open(f'out-{n}.txt', 'w') as file:\n    file.write(str(n))",
        "%%component show\nprint(open('out-1.txt').read(), open('out-2.txt').read())",
    ),
    case(
        "a loop over what a loop left",
        f'{EACH} "n in [1, 2]"\nsquare = n * n',
        '%%component again --for-each "s in square"\nroot = s ** 0.5',
        "%%component show\nprint(root, s, square)",
    ),
    case(
        "metrics after a loop",
        f'{EACH} "n in [1, 2]"\nscore = n / 4',
        "%%component show\nbest = max(score)\nprint(best)",
    ),
    case(
        "a condition that holds",
        "%%component load\naccuracy = 0.95",
        '%%component deploy --when "accuracy > 0.9"\nwhere = "there"\nprint("deployed")',
        "%%component show\nprint(where)",
    ),
    case(
        "a condition that does not hold keeps what was before",
        "where = 'here'",
        "%%component load\naccuracy = 0.5\nlog = ['a']",
        '%%component deploy --when "accuracy > 0.9"\nwhere = "there"\nlog.append("b")',
        "%%component show\nprint(where, log)",
        skips=("deploy",),
    ),
    case(
        "a condition that holds changes what was before",
        "where = 'here'",
        "%%component load\naccuracy = 0.95\nlog = ['a']\nsame = log",
        '%%component deploy --when "accuracy > 0.9"\nwhere = "there"\nlog.append("b")',
        "%%component show\nprint(where, log, same is log)",
    ),
    case(
        "objects of the notebook's classes in conditions",
        "import math\nclass Result:\n    def __init__(self, x):\n        self.x = x\n"
        "    def good(self):\n        return self.x > math.e",
        "%%component load\nresult = Result(3)\nother = Result(1)",
        "%%component a --when \"result.good() and 'x' in vars(other)\"\nprint('good')",
        '%%component b --when "other.good()"\nother = None',
        "%%component show\nprint(result.x, other.x)",
        skips=("b",),
    ),
    case(
        "a name that was never set",
        "%%component load\nn = 1",
        '%%component maybe --when "n > 1"\nresult = n',
        "%%component show\nprint(result)",
        skips=("maybe",),
    ),
    case(
        "one condition decides on the next",
        "%%component load\nn = 1\nm = 0",
        '%%component one --when "n > 0"\nm = 5',
        '%%component two --when "m > 3"\nm = m + 1\nprint("two")',
        "%%component show\nprint(m)",
    ),
    case(
        "the exit",
        "import math",
        "%%component load\nn = 1",
        "%%component bye --on-exit\nprint('bye', pipeline_status.state, math.floor(2.5))",
    ),
    case(
        "an error in an iteration",
        f'{EACH} "n in [2, 0]"\nprint(n)\nout = 1 / n',
        "%%component show\nprint(out)",
    ),
    case(
        "an error in a condition",
        "%%component load\nn = 0",
        '%%component maybe --when "1 / n > 2"\nprint("no")',
    ),
]
