"""What Tab offers in lines of the magics: in a real shell, with all that it would offer besides."""

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from jupyter_kfp_ext.magics.arguments import COMMANDS
from jupyter_kfp_ext.magics.extension import load, unload

OF_A_RUN = {"--no-cache", "--engine", "--ignore-resources", "--connection"}
OF_RUN = OF_A_RUN | {"--wait", "--notebook", "--split", "--from", "--only", "--data"}


@pytest.fixture(scope="module")
def shell():
    shell = InteractiveShell()
    load(shell)
    yield shell
    unload(shell)


def completed(shell, text):
    """The texts that the cell may become, as a frontend is told."""
    with provisionalcompleter():
        found = list(shell.Completer.completions(text, len(text)))
    return {text[: each.start] + each.text for each in found}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%kfp ", {f"%kfp {each}" for each in COMMANDS}),
        ("%kfp ru", {"%kfp run", "%kfp runs"}),
        ("x = 1\nd = %kfp compa", {"x = 1\nd = %kfp compare"}),
        ("%kfp run --w", {"%kfp run --wait"}),
        ("%kfp check --split none --n", {"%kfp check --split none --notebook"}),
        ("%%kfp re", {"%%kfp remote"}),
        ("%%kfp remote fit --ti", {"%%kfp remote fit --timeout"}),
        ("%%component fit --for-each-", {"%%component fit --for-each-limit"}),
    ],
)
def test_nothing_but_what_fits_is_offered(shell, text, expected):
    assert completed(shell, text) == expected


def test_two_dashes_offer_all_options_and_no_names(shell):
    run = {each.removeprefix("%kfp run ") for each in completed(shell, "%kfp run --")}
    assert run >= OF_RUN
    assert all(each.startswith("--") and not each.startswith("--abs") for each in run)
    remote = {each.removeprefix("%%kfp remote ") for each in completed(shell, "%%kfp remote --")}
    assert remote >= OF_A_RUN | {"--memory", "--gpu"}
    assert "--after" not in remote


def test_other_lines_are_left_alone(shell):
    assert "%%kfp remote\nx = abs" in completed(shell, "%%kfp remote\nx = ab")
    assert not completed(shell, "%kfp fly --w")
