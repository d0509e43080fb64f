"""Run as a program: many threads that share an account's slots with other processes."""

import sys
import threading
import time

from redis import Redis

from cxmc_ext.adapters.redis.limiter import RedisLimiter


def main(url: str, threads: int, seconds: float) -> int:
    """The most slots that were ever out at once, over all processes, as seen from here."""
    redis = Redis.from_url(url)
    limiter = RedisLimiter(redis, 8)
    end = time.monotonic() + seconds
    seen: list[int] = []

    def work() -> None:
        while time.monotonic() < end:
            with limiter.slot(1):
                seen.append(int(redis.incr("gauge")))
                time.sleep(0.005)
                redis.decr("gauge")

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    redis.close()
    return max(seen)


if __name__ == "__main__":
    sys.stdout.write(str(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))))
