"""What integrators paste from the page takes what we send, and nothing else."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from time import time

import pytest

from fynlo.settings.env import BASE_DIR
from syncing.services.webhook_signing import signature

Verify = Callable[[bytes, str, str], bool]
SECRET = "whsec_of-the-kettle"
BODY = '{"type":"event","data":{"name":"Crème brûlée 🍮"}}'.encode()


def pasted(language: str) -> str:
    page = (BASE_DIR / "docs/webhooks.md").read_text()
    (code,) = re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    return str(code)


def in_python() -> Verify:
    names: dict[str, Verify] = {}
    exec(pasted("python"), names)
    return names["is_from_fynlo"]


def in_node() -> Verify:
    """Where there is none, its example is read as text alone by the test below."""

    def verify(body: bytes, header: str, secret: str) -> bool:
        given = json.dumps([list(body), header, secret])
        program = f"{pasted('js')}\nconst [b, h, s] = {given};"
        program += "process.stdout.write(String(isFromFynlo(Buffer.from(b), h, s)));"
        told = subprocess.run(
            [str(shutil.which("node")), "-e", program], capture_output=True, check=True, text=True
        )
        return told.stdout == "true"

    return verify


WAYS = [in_python, in_node] if shutil.which("node") else [in_python]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_the_example_takes_ours_and_refuses_all_others(way: Callable[[], Verify]) -> None:
    verify, now = way(), int(time())
    good = signature(BODY, secrets=[SECRET], at=now)
    rotated = signature(BODY, secrets=["whsec_new", SECRET], at=now)
    assert [verify(BODY, header, SECRET) for header in (good, rotated)] == [True, True]
    refused = [
        (BODY + b" ", good),
        (BODY, signature(BODY, secrets=["whsec_other"], at=now)),
        (BODY, signature(BODY, secrets=[SECRET], at=now - 3600)),
        (BODY, good.replace("t=", "t=1")),
        (BODY, good.replace("v1=", "v0=")),
        (BODY, f"t={now}"),
        (BODY, f"t={now},v1="),
        (BODY, f"t={now},v1=é"),
        (BODY, "t=,v1="),
        (BODY, ""),
        (BODY, "nonsense"),
    ]
    assert [verify(body, header, SECRET) for body, header in refused] == [False] * len(refused)


def test_the_example_in_javascript_signs_as_we_do() -> None:
    assert 'createHmac("sha256", secret).update(`${sentAt}.`).update(body)' in pasted("js")
