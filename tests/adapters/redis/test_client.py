"""Redis behind a password, over TLS and behind Sentinels: which connection a URL means, and a failover."""

import datetime
import ipaddress
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from redis import Redis, RedisError
from redis.sentinel import SentinelConnectionPool

from cxmc_ext.adapters.redis import limiter as redis_limiter
from cxmc_ext.adapters.redis.client import fail_fast_client, resilient_client
from cxmc_ext.adapters.redis.limiter import RedisLimiter
from cxmc_ext.adapters.rq.queue import RqQueue, open_queue
from cxmc_ext.adapters.rq.scheduler import TickScheduler
from cxmc_ext.config import read_settings
from cxmc_ext.domain.errors import SetupError
from tests.support.mailchimp_clients import settings_for
from tests.support.ports import free_port
from tests.support.processes import WorkerProcess
from tests.support.waiting import wait_until

PROGRAM = shutil.which("redis-server")
PASSWORD = "hunter2"
NAME = "mymaster"
pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="needs a redis-server of the system: apt install redis-server"
)


class Fleet:
    """Processes of redis-server, each in a folder of its own, all of them ended with the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, *options: str, sentinel: str = "", tls: bool = False) -> int:
        port = free_port()
        place = self.folder / str(port)
        place.mkdir()
        ports = ["--port", "0", "--tls-port", str(port)] if tls else ["--port", str(port)]
        words = [*ports, "--bind", "127.0.0.1", "--save", "", "--dir", str(place), *options]
        if sentinel:
            (place / "sentinel.conf").write_text(f"port {port}\ndir {place}\n{sentinel}")
            words = [str(place / "sentinel.conf"), "--sentinel"]
        log = (place / "log").open("wb")
        self.running[port] = subprocess.Popen([str(PROGRAM), *words], stdout=log)
        log.close()
        return port

    def kill(self, port: int) -> None:
        process = self.running.pop(port)
        process.kill()
        process.wait(10)


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    folder = Path(tempfile.mkdtemp(prefix="cxmc", dir="/tmp"))
    made = Fleet(folder)
    yield made
    for port in list(made.running):
        made.kill(port)
    shutil.rmtree(folder)


@pytest.fixture
def guarded(fleet: Fleet) -> tuple[str, int]:
    """The URL of a master with a replica and two Sentinels that watch them, and the master's port."""
    secret = ("--requirepass", PASSWORD, "--masterauth", PASSWORD)
    master = fleet.start(*secret)
    replica = fleet.start(*secret, "--replicaof", "127.0.0.1", str(master))
    watched = (
        f"sentinel monitor {NAME} 127.0.0.1 {master} 2\n"
        f"sentinel auth-pass {NAME} {PASSWORD}\n"
        f"sentinel down-after-milliseconds {NAME} 1000\n"
        f"sentinel failover-timeout {NAME} 5000\n"
        f"requirepass {PASSWORD}-s\n"
        f"sentinel sentinel-pass {PASSWORD}-s\n"
    )
    sentinels = [fleet.start(sentinel=watched) for _ in range(2)]
    for port in sentinels:
        wait_until(lambda port=port: _sees(port, replica), 30)  # type: ignore[misc]
    hosts = ",".join(f"127.0.0.1:{port}" for port in sentinels)
    url = f"redis+sentinel://:{PASSWORD}@{hosts}/{NAME}/0?sentinel_password={PASSWORD}-s"
    return url, master


def test_a_url_of_sentinels_says_who_is_asked_for_whom() -> None:
    client = fail_fast_client("rediss+sentinel://u:p%40@one,[::1]:5/boss/3?sentinel_password=q")
    pool = client.connection_pool
    assert isinstance(pool, SentinelConnectionPool)
    asked = [one.connection_pool.connection_kwargs for one in pool.sentinel_manager.sentinels]
    assert [(one["host"], one["port"]) for one in asked] == [("one", 26379), ("::1", 5)]
    assert {one["password"] for one in asked} == {"q"}
    assert sum(one["socket_timeout"] for one in asked) <= 1
    given = pool.connection_kwargs
    assert (given["username"], given["password"], given["db"]) == ("u", "p@", 3)
    assert pool.service_name == "boss"
    assert "SSL" in pool.connection_class.__name__
    assert (
        "SSL"
        not in resilient_client(
            "redis+sentinel://one/boss"
        ).connection_pool.connection_class.__name__
    )


@pytest.mark.parametrize(
    "url", ["redis+sentinel://one:26379", "redis+sentinel://one/boss/x", "sentinel://a/b", "redis"]
)
def test_a_url_that_cannot_be_one_stops_the_start_with_a_sentence(url: str) -> None:
    with pytest.raises(SetupError, match="redis\\+sentinel://host:26379"):
        read_settings({"CXMC_REDIS_URL": url})


def test_sentinels_that_are_not_there_cost_no_more_than_two_seconds() -> None:
    url = f"redis+sentinel://127.0.0.1:{free_port()},127.0.0.1:{free_port()}/{NAME}"
    queue = RqQueue(settings_for(CXMC_REDIS_URL=url))
    assert not queue.reachable()
    assert not queue.nudge_operation(1)


def test_a_password_is_needed_and_used(fleet: Fleet) -> None:
    port = fleet.start("--requirepass", PASSWORD)
    right = RqQueue(settings_for(CXMC_REDIS_URL=f"redis://:{PASSWORD}@127.0.0.1:{port}/0"))
    wait_until(right.reachable, 60)
    assert right.nudge_operation(1)
    wrong = RqQueue(settings_for(CXMC_REDIS_URL=f"redis://127.0.0.1:{port}/0"))
    assert not wrong.reachable()
    assert not wrong.nudge_operation(1)


def test_over_tls_the_certificate_is_checked(fleet: Fleet, tmp_path: Path) -> None:
    cert, key = _certificate(tmp_path)
    port = fleet.start(
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
    wait_until(right.reachable, 60)
    assert right.nudge_operation(1)
    for url in (f"rediss://127.0.0.1:{port}/0", f"redis://127.0.0.1:{port}/0"):
        assert not RqQueue(settings_for(CXMC_REDIS_URL=url)).reachable(), url


def test_queue_limiter_and_scheduler_go_on_after_a_failover(
    fleet: Fleet, guarded: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_limiter, "REDIS_RETRY_SECONDS", 0.1)
    url, master = guarded
    queue = RqQueue(settings_for(CXMC_REDIS_URL=url))
    limiter = RedisLimiter(fail_fast_client(url), 2)
    scheduler = TickScheduler(open_queue("cxmc", fail_fast_client(url)))
    assert queue.nudge_operation(1)
    scheduler.run_once()
    fleet.kill(master)
    wait_until(lambda: queue.nudge_operation(2), 60)
    wait_until(lambda: _counts_in_redis(limiter, url), 60)
    wait_until(lambda: _passes(scheduler), 60)
    waiting = [name.decode() for name in resilient_client(url).lrange("rq:queue:cxmc", 0, -1)]
    assert any(name.startswith("op-2-") for name in waiting)


def test_a_worker_goes_on_after_a_failover(
    fleet: Fleet, guarded: tuple[str, int], tmp_path: Path
) -> None:
    url, master = guarded
    process = WorkerProcess(tmp_path, url, "worker")
    try:
        wait_until(process.is_listening)
        queue = RqQueue(settings_for(CXMC_REDIS_URL=url))
        wait_until(lambda: queue.nudge_operation(1), 60)
        wait_until(lambda: process.job_mark(1), 60)
        fleet.kill(master)
        wait_until(lambda: queue.nudge_operation(2), 60)
        wait_until(lambda: process.job_mark(2), 60)
        assert process.popen.poll() is None
    finally:
        process.end()


def _counts_in_redis(limiter: RedisLimiter, url: str) -> bool:
    """Not in this process, as it does while Redis does not answer in time."""
    with limiter.slot(7):
        return bool(resilient_client(url).zcard("cxmc:slots:7") == 1)


def _passes(scheduler: TickScheduler) -> bool:
    try:
        scheduler.run_once()
    except RedisError:
        return False
    return True


def _sees(port: int, replica: int) -> bool:
    """Whether this Sentinel knows the replica and the other Sentinel."""
    with Redis(port=port, password=f"{PASSWORD}-s") as link:
        try:
            replicas = link.sentinel_slaves(NAME)
            others = link.sentinel_sentinels(NAME)
        except RedisError:
            return False
    up = [one for one in replicas if one["port"] == replica and one["master-link-status"] == "ok"]
    return bool(up and others)


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
