"""rq as the wake-up for workers: queue, worker process, scheduler and child processes."""
