"""Opens pages of the website and sends their forms."""

from typing import Any

import requests

from cxmc_ext.standin import StandinServer


def get(standin: StandinServer, path: str) -> requests.Response:
    answer = requests.get(standin.root + path, timeout=5)
    assert answer.status_code == 200, path
    return answer


def post(standin: StandinServer, path: str, **form: Any) -> requests.Response:
    answer = requests.post(standin.root + path, data=form, timeout=5)
    assert answer.status_code == 200, path
    return answer
