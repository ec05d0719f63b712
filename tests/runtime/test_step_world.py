"""The world crosses between steps: random state, working folder, environment, path, files."""

import pytest
from step_process import make_slice, run_step, slots


def chain(tmp_path, name, *sources, cwd=None):
    """Run sources as steps one after another, each passing `name` on; return all outcomes."""
    done = []
    for number, source in enumerate(sources):
        fields = {"outputs": slots(name)}
        inputs = {}
        if done:
            fields["inputs"] = slots(name, prefix="p__")
            inputs = {f"p__{name[1:]}": done[-1].artifact(name[1:])}
        slice_ = make_slice(source, **fields)
        done.append(run_step(tmp_path / str(number), slice_, inputs=inputs, cwd=cwd))
        assert done[-1].code == 0, done[-1].stderr
    return done


@pytest.mark.parametrize(
    ("name", "draw"),
    [
        ("@random", "import random; {seed}; print([random.random() for _ in range({n})])"),
        (
            "@numpy.random",
            "import numpy as np; {seed}; print(np.random.random({n}).tolist())",
        ),
    ],
)
def test_random_numbers_go_on(name, draw, tmp_path):
    seed = "random.seed(3)" if name == "@random" else "np.random.seed(3)"
    whole = run_step(tmp_path / "all", make_slice(draw.format(seed=seed, n=5))).stdout
    first, second, third = chain(
        tmp_path,
        name,
        draw.format(seed=seed, n=2),
        draw.format(seed="0", n=2),
        draw.format(seed="0", n=1),
    )
    parts = [eval(step.stdout) for step in (first, second, third)]
    assert [*parts[0], *parts[1], *parts[2]] == eval(whole)


def test_the_environment_goes_on(tmp_path):
    steps = chain(
        tmp_path,
        "@environ",
        "import os; os.environ['A_NEW'] = '1'; del os.environ['HOME']",
        "import os; print(os.environ['A_NEW'], 'HOME' in os.environ); os.environ['B_NEW'] = '2'",
        "import os; print(os.environ['A_NEW'], os.environ['B_NEW'], 'HOME' in os.environ)",
    )
    assert [step.stdout for step in steps[1:]] == ["1 False\n", "1 2 False\n"]


def test_sys_path_goes_on_and_serves_the_imports(tmp_path):
    steps = chain(
        tmp_path,
        "@sys.path",
        "import sys; sys.path.insert(0, '/first/of/all'); sys.path.append('lib')",
        "import os, sys; print(sys.path[0], sys.path[-1] == os.path.abspath('lib'))",
        "import os, sys; print(sys.path[0], sys.path[-1] == os.path.abspath('lib'))",
    )
    assert {step.stdout for step in steps[1:]} == {"/first/of/all True\n"}


def test_the_working_folder_goes_on(tmp_path):
    steps = chain(
        tmp_path,
        "@cwd",
        "import os; os.makedirs('sub/deep'); os.chdir('sub/deep')",
        "import os; print(os.getcwd())",
        "import os; print(os.getcwd()); os.chdir('/tmp')",
        "import os; print(os.getcwd())",
    )
    folders = [step.stdout.strip() for step in steps[1:]]
    assert folders == [f"{tmp_path}/1/work/sub/deep", f"{tmp_path}/2/work/sub/deep", "/tmp"]


def test_files_written_above_the_working_folder_go_on(tmp_path):
    steps = chain(
        tmp_path,
        "@files",
        "open('../up.txt', 'w').write('up'); open('index.json', 'w').write('own')",
        "print(open('../up.txt').read(), open('index.json').read())",
        cwd="/",
    )
    assert steps[1].stdout == "up own\n"


def test_files_go_on(tmp_path):
    (tmp_path / "0" / "work").mkdir(parents=True)
    (tmp_path / "0" / "work" / "data.csv").write_text("old")
    (tmp_path / "1" / "work").mkdir(parents=True)
    (tmp_path / "1" / "work" / "data.csv").write_text("old")
    first, second = chain(
        tmp_path,
        "@files",
        "import os; os.makedirs('out/a'); open('out/a/x', 'w').write('new'); os.remove('data.csv')",
        "import os; print(open('out/a/x').read(), os.path.exists('data.csv'))",
    )
    assert second.stdout == "new False\n"
    stored = first.artifact("files") / "files"
    assert [str(p.relative_to(stored)) for p in stored.rglob("*") if p.is_file()] == ["out/a/x"]
    index = first.index("files")
    assert list(index) == ["@files"]


@pytest.mark.parametrize(
    ("made", "seen", "expected"),
    [
        ("os.makedirs('a/b')", "os.path.isdir('a/b')", True),
        ("os.mkdir('was/new')", "os.path.isdir('was/new')", True),
        ("os.rmdir('was')", "os.path.isdir('was')", False),
        ("shutil.rmtree('full')", "os.path.isdir('full')", False),
        ("os.remove('full/file')", "os.listdir('full')", []),
    ],
)
def test_folders_go_on(made, seen, expected, tmp_path):
    for step in "01":
        work = tmp_path / step / "work"
        (work / "was").mkdir(parents=True)
        (work / "full").mkdir()
        (work / "full" / "file").write_text("x")
    start = f"import os, shutil; {made}"
    steps = chain(tmp_path, "@files", start, f"import os; print({seen})")
    assert eval(steps[1].stdout) == expected


def test_a_step_started_at_the_root_gets_a_folder_of_its_own(tmp_path):
    slice_ = make_slice("import os; print(os.getcwd(), os.listdir())", outputs=slots("@files"))
    step = run_step(tmp_path, slice_, cwd="/")
    assert step.code == 0, step.stderr
    folder, files = step.stdout.split()
    assert folder != "/"
    assert files == "[]"


def test_data_files_of_the_bundle_are_put_where_paths_lead(tmp_path):
    files = {"files/in/a.csv": b"sent", "files/@parent/b.csv": b"above"}
    source = "print(open('in/a.csv').read(), open('../b.csv').read())"
    slice_ = make_slice(source, helpers=sorted(files))
    assert run_step(tmp_path, slice_, helpers=files, cwd="/").stdout == "sent above\n"


def test_a_file_that_is_there_is_not_replaced_by_the_one_that_was_sent(tmp_path):
    files = {"files/a.csv": b"sent"}
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "a.csv").write_text("real")
    slice_ = make_slice("print(open('a.csv').read())", helpers=sorted(files))
    assert run_step(tmp_path, slice_, helpers=files).stdout == "real\n"
