"""Cron and intervals as people write them and as KFP wants them."""

import pytest

from jupyter_kfp_ext.engines.kfp.triggers import Trigger, cron_trigger, every_trigger
from jupyter_kfp_ext.errors import Code, KfpExtError

CRON = [
    ("0 9 * * 1-5", "0 0 9 * * 1-5", "cron 0 9 * * 1-5"),
    ("*/15 * * * *", "0 */15 * * * *", "cron */15 * * * *"),
    ("0 0 1,15 JAN-mar Sun", "0 0 0 1,15 1-3 0", "cron 0 0 1,15 1-3 0"),
    ("@daily", "0 0 0 * * *", "cron 0 0 * * *"),
    ("30 0 9 * * ?", "30 0 9 * * ?", "cron 30 0 9 * * ?"),
]


@pytest.mark.parametrize(("text", "kfp", "words"), CRON)
def test_cron(text, kfp, words):
    trigger = cron_trigger(text)
    assert trigger.to_kfp() == {"cron_schedule": {"cron": kfp}}
    assert str(Trigger.from_kfp(trigger.to_kfp())) == words


WRONG = ["", "* * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 7"]
WRONG += [
    "5-1 * * * *",
    "*/0 * * * *",
    "1-2-3 * * * *",
    "a * * * *",
    "* * * * monday",
    ",* * * * *",
]


@pytest.mark.parametrize("text", WRONG)
def test_no_cron(text):
    with pytest.raises(KfpExtError) as caught:
        cron_trigger(text)
    assert caught.value.code is Code.USAGE


@pytest.mark.parametrize(
    ("text", "seconds", "words"),
    [
        ("90s", 90, "every 90s"),
        ("60s", 60, "every 1m"),
        ("6h", 21600, "every 6h"),
        ("14D", 1209600, "every 2w"),
    ],
)
def test_every(text, seconds, words):
    trigger = every_trigger(text)
    assert trigger.to_kfp() == {"periodic_schedule": {"interval_second": str(seconds)}}
    assert str(Trigger.from_kfp(trigger.to_kfp())) == words


@pytest.mark.parametrize("text", ["", "0h", "5", "h", "-1h", "1.5h", "1y"])
def test_no_interval(text):
    with pytest.raises(KfpExtError):
        every_trigger(text)
