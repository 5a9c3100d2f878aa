"""Drives kazoo's recipes against one server and prints what they saw, a line at a time.

usage: kazoo_recipes.py host:port

Nothing that differs between two runs by right is printed: no times, zxids or ids of sessions, and names
that recipes draw at random are left out. Two servers that behave alike give the same lines.
"""

import sys
import threading

from kazoo.client import KazooClient
from kazoo.exceptions import KazooException, NodeExistsError, RolledBackError
from kazoo.recipe.watchers import PatientChildrenWatch
from kazoo.security import make_digest_acl

SECONDS = 20
hosts = sys.argv[1]
clients = []


def say(*words):
    print(*words, flush=True)


def client():
    made = KazooClient(hosts=hosts, timeout=10)
    made.start(timeout=SECONDS)
    clients.append(made)
    return made


def run(*works):
    """Runs works in threads of their own and waits for all of them."""
    failures = []

    def guarded(work):
        try:
            work()
        except Exception as error:  # The transcript has to show it, whatever it is.
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
        if thread.is_alive():
            raise RuntimeError("a recipe does not come to its end")
    for error in failures:
        raise error


def wait(event):
    if not event.wait(SECONDS):
        raise RuntimeError("an event does not come")


def lock():
    a, b = client(), client()
    held, order = threading.Event(), []
    first, second = a.Lock("/lock", "first"), b.Lock("/lock", "second")
    first.acquire()
    say("contenders", first.contenders())
    say("second without waiting", second.acquire(blocking=False))

    def follow():
        held.set()
        with second:
            order.append("second")

    def release():
        wait(held)
        order.append("first")
        first.release()

    run(follow, release)
    say("order", order, "held", first.is_acquired, second.is_acquired)
    reader, other = a.ReadLock("/rw", "r1"), b.ReadLock("/rw", "r2")
    writer = b.WriteLock("/rw", "w")
    say("two readers", reader.acquire(), other.acquire())
    say("a writer beside them", writer.acquire(blocking=False))
    reader.release()
    other.release()
    say("a writer alone", writer.acquire(timeout=SECONDS))
    writer.release()


def lost_lock():
    """A lock whose holder is gone goes to the next one."""
    a, b = client(), client()
    a.Lock("/lost", "a").acquire()
    a.stop()
    say("lock of one that has left", b.Lock("/lost", "b").acquire(timeout=SECONDS))


def semaphore():
    a, b = client(), client()
    say("leases", [a.Semaphore("/semaphore", "x", 2).acquire(blocking=False) for _ in range(2)])
    third = b.Semaphore("/semaphore", "y", 2)
    say("one too many", third.acquire(blocking=False), "holders", third.lease_holders())


def queue():
    a = client()
    plain = a.Queue("/queue")
    for value, priority in ((b"c", 300), (b"a", 100), (b"b", 200)):
        plain.put(value, priority)
    say("queue", len(plain), [plain.get() for _ in range(4)])


def locking_queue():
    a, b = client(), client()
    one, other = a.LockingQueue("/lockingqueue"), b.LockingQueue("/lockingqueue")
    one.put_all([b"1", b"2"])
    one.put(b"0", 1)
    say("got", one.get(SECONDS), other.get(SECONDS))
    say("holds", one.holds_lock(), "consumed", one.consume(), "released", other.release())
    say("again", other.get(SECONDS), other.consume(), other.get(SECONDS), other.consume())
    say("left", len(one), "nothing", other.get(0.2))


def election():
    a, b = client(), client()
    order, started = [], threading.Event()

    def lead_first():
        def lead():
            started.set()
            wait_for_contender()
            order.append("a")
        a.Election("/election", "a").run(lead)

    def wait_for_contender():
        tries = threading.Event()
        for _ in range(SECONDS * 50):
            if a.Election("/election", "x").contenders() == ["a", "b"]:
                return
            tries.wait(0.02)
        raise RuntimeError("nobody else wants to lead")

    def lead_next():
        wait(started)
        b.Election("/election", "b").run(lambda: order.append("b"))

    run(lead_first, lead_next)
    say("leaders", order)


def barrier():
    a, b = client(), client()
    gate = a.Barrier("/barrier")
    gate.create()
    say("closed", b.Barrier("/barrier").wait(0.2))
    run(lambda: say("opened", b.Barrier("/barrier").wait(SECONDS)), lambda: gate.remove())
    say("removed again", gate.remove())


def double_barrier():
    a, b = client(), client()
    entered, left = [], []

    def take_part(who, name):
        both = who.DoubleBarrier("/double", 2)
        both.enter()
        entered.append(name)
        both.leave()
        left.append(name)

    run(lambda: take_part(a, "a"), lambda: take_part(b, "b"))
    say("entered", sorted(entered), "left", sorted(left))


def party():
    a, b = client(), client()
    one, other = a.Party("/party", "one"), b.Party("/party", "other")
    one.join()
    other.join()
    say("party", sorted(one), len(other))
    one.leave()
    say("party", sorted(other), len(other))
    shallow = a.ShallowParty("/shallow", "three")
    shallow.join()
    say("shallow", sorted(b.ShallowParty("/shallow")))


def counter():
    a, b = client(), client()
    one, other = a.Counter("/counter"), b.Counter("/counter")
    one += 2
    other -= 5

    def count(who):
        mine = who.Counter("/counter")
        for _ in range(10):
            mine += 1

    run(lambda: count(a), lambda: count(b))
    say("counter", one.value, a.Counter("/float", default=1.5).value)


def data_watch():
    a, b = client(), client()
    seen, told = [], threading.Semaphore(0)

    def changed(data, stat, event):
        version = stat.version if stat else None
        seen.append((data, version, event.type if event else None))
        told.release()
        return len(seen) < 5

    a.DataWatch("/watched", changed)
    for act in (
        lambda: b.create("/watched", b"0"),
        lambda: b.set("/watched", b"1"),
        lambda: b.delete("/watched"),
        lambda: b.create("/watched", b"2"),
        lambda: b.set("/watched", b"3"),
    ):
        if not told.acquire(timeout=SECONDS):
            raise RuntimeError("a change is not told")
        act()
    a.sync("/watched")
    say("data", seen)


def children_watch():
    a, b = client(), client()
    a.create("/parent")
    seen, told = [], threading.Semaphore(0)

    @a.ChildrenWatch("/parent", send_event=True)
    def changed(children, event):
        seen.append((sorted(children), event.type if event else None))
        told.release()

    for act in (
        lambda: b.create("/parent/x"),
        lambda: b.create("/parent/y", ephemeral=True),
        lambda: b.delete("/parent/x"),
        lambda: b.stop(),
        lambda: None,
    ):
        if not told.acquire(timeout=SECONDS):
            raise RuntimeError("a change is not told")
        act()
    say("children", seen)
    patient, asynchronous = PatientChildrenWatch(a, "/parent", 0.2), None
    children, asynchronous = patient.start().get(timeout=SECONDS)
    say("patient", sorted(children), asynchronous is not None)


def transactions():
    a = client()

    def attempt(*steps):
        transaction = a.transaction()
        for name, arguments in steps:
            getattr(transaction, name)(*arguments)
        return [
            type(result).__name__ if isinstance(result, KazooException) else
            (result.version if hasattr(result, "version") else result)
            for result in transaction.commit()
        ]

    say(attempt(("create", ("/t", b"")), ("create", ("/t/a", b"x")), ("set_data", ("/t/a", b"y"))))
    say(attempt(("check", ("/t/a", 0)), ("delete", ("/t/a",))))
    say(attempt(("check", ("/t/a", 1)), ("delete", ("/t/a",)), ("delete", ("/t",))))
    say(attempt(("create", ("/u/v", b""))), attempt(), RolledBackError.__name__)


def plain():
    a, b = client(), client()
    a.create("/p", b"data", makepath=True)
    stat = a.exists("/p")
    say("stat", stat.version, stat.cversion, stat.aversion, stat.dataLength, stat.numChildren)
    names = [a.create("/p/s-", sequence=True, ephemeral=turn % 2 == 1) for turn in range(3)]
    say("names", names, sorted(a.get_children("/p")))
    try:
        b.create("/p")
    except NodeExistsError as error:
        say(type(error).__name__)
    acl = make_digest_acl("user", "secret", all=True)
    a.create("/closed", b"mine", acl=[acl])
    for credential in (None, "user:wrong", "user:secret"):
        if credential:
            b.add_auth("digest", credential)
        try:
            say("closed", b.get("/closed")[0])
        except KazooException as error:
            say("closed", type(error).__name__)
    say("acls", [(each.perms, each.id.scheme) for each in b.get_acls("/closed")[0]])
    a.delete("/p", recursive=True)
    say("left", sorted(a.get_children("/")))


for part in (
    plain, lock, lost_lock, semaphore, queue, locking_queue, election, barrier, double_barrier,
    party, counter, data_watch, children_watch, transactions,
):
    say(f"== {part.__name__}")
    part()
    for each in clients:
        each.stop()
        each.close()
    clients.clear()
