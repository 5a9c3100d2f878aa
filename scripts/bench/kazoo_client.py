"""One contender: kazoo, with a sliding window of asynchronous operations. Protocol: load.ts."""

import collections
import sys
import time

from kazoo.client import KazooClient

DATA = b"x" * 100

host, port, root = sys.argv[1:4]
outstanding = int(sys.argv[4])
client = KazooClient(hosts=f"{host}:{port}")
client.start()


def node_path(index):
    return f"{root}/n-{1000000 + index}"


def multi(index):
    transaction = client.transaction()
    transaction.check(node_path(index), 0)
    transaction.set_data(node_path(index), DATA)
    transaction.create(f"{root}/m-{1000000 + index}", DATA)
    return transaction.commit_async()


OPERATIONS = {
    "create": lambda index: client.create_async(node_path(index), DATA),
    "get": lambda index: client.get_async(node_path(index)),
    "multi": multi,
    "delete": lambda index: client.delete_async(node_path(index)),
}


def run(operation, first, last):
    window = collections.deque()
    for index in range(first, last):
        if len(window) == outstanding:
            window.popleft().get()
        window.append(operation(index))
    while window:
        window.popleft().get()


print("ready", flush=True)
for line in sys.stdin:
    kind, first, last = line.split()
    start, cpu = time.monotonic(), time.process_time()
    run(OPERATIONS[kind], int(first), int(last))
    elapsed, spent = time.monotonic() - start, time.process_time() - cpu
    print(elapsed * 1000, spent * 1000, flush=True)
client.stop()
