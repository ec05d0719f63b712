"""Where settings of modules are made again: also where nothing names the module."""

import pytest
from notebooks import plan_of

PANDAS = "import pandas as pd\npd.set_option('display.max_rows', 4)"
PLOT = "import matplotlib.pyplot as plt\nplt.style.use('bmh')"
QUIET = "import warnings\nwarnings.filterwarnings('ignore')"
SEABORN = "import seaborn as sns\nsns.set()"
FRAME = "import pandas\ndf = pandas.DataFrame()"

# cells (one step each), what the last one replays of the calls that set something up
REACH = [
    ([PANDAS, "df = pd.DataFrame()", "df"], {"pd.set_option"}),
    ([PLOT, FRAME, "df.plot()"], {"plt.style.use"}),
    ([PLOT, "import networkx as nx\nnx.draw(nx.Graph())"], {"plt.style.use"}),
    ([PLOT, SEABORN, "plt.plot([1])"], {"plt.style.use", "sns.set"}),
    ([QUIET, "import numpy as np\nnp.log(0)"], {"warnings.filterwarnings"}),
    (["1", QUIET, "import numpy as np\nnp.log(0)"], {"warnings.filterwarnings"}),
    ([FRAME, "df", PLOT, "df.plot()"], {"plt.style.use"}),
    (
        [
            "import plotly.io\nplotly.io.renderers",
            "plotly.io.renderers.default = 'svg'",
            "plotly.io.show(1)",
        ],
        {"plotly.io.renderers.default"},
    ),
    (
        ["import seaborn as sns\nsns.palettes._patch_display()", "sns.dark_palette('red')"],
        {"_patch_display"},
    ),
    (
        ["from bokeh.io import output_notebook, show\noutput_notebook()", "show(1)"],
        {"output_notebook()"},
    ),
    ([PANDAS, PLOT, "print(1)"], set()),
    ([PANDAS, "import re\nre.compile('a')"], set()),
    ([PANDAS, "import numpy as np\nnp.arange(3)"], set()),
    (["import torch\ntorch.manual_seed(1)", FRAME, "df"], set()),
]


@pytest.mark.parametrize(("cells", "wanted"), REACH)
def test_a_setting_is_made_again_where_it_may_matter(cells: list[str], wanted: set[str]) -> None:
    plan = plan_of(*cells)
    replayed = "\n".join(code.source for code in plan.steps[-1].prelude)
    calls = (
        "pd.set_option",
        "plt.style.use",
        "sns.set",
        "warnings.filterwarnings",
        "manual_seed",
        "plotly.io.renderers.default",
        "_patch_display",
        "output_notebook()",
    )
    assert {call for call in calls if call in replayed} == wanted
    assert not plan.problems


RULES = """import re
def any_of(text, rules, found):
    for rule in rules:
        result = one(text, rule, found)
        if result:
            return result
    return plain(text, found)
def one(text, rule, found):
    match = re.match(rule, text, flags=re.I)
    if match:
        groups = match.groupdict()
        for key in groups:
            groups[key] = any_of(groups[key], rules, found)[0]
        return rule.format(**groups), found
def plain(text, found):
    text, count = re.subn("a", "b", text, flags=re.I)
    found[text] = count
    return text, found
"""


def test_what_a_call_of_a_module_gave_is_not_the_module() -> None:
    plan = plan_of(RULES, "rules = ['a']", "one('abc', 'a', {})", "re.sub('a', 'b', 'c')")
    assert not plan.problems
