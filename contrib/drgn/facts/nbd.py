# SPDX-License-Identifier: GPL-2.0
# The files nbdN and devices: nbd's own state of a device, from drivers/block/nbd.c.
from .requests import oldest_age, request_line
from .sockets import socket_fields
from .values import FORMAT, LEFT_OUT, NONE, U64, UNREADABLE, fields, flags, member, named, quoted, yes_no

SERVER_FLAGS = ["HAS_FLAGS", "READ_ONLY", "SEND_FLUSH", "SEND_FUA", "ROTATIONAL", "SEND_TRIM", "SEND_WRITE_ZEROES",
                "SEND_DF", "CAN_MULTI_CONN", "SEND_RESIZE", "SEND_CACHE", "SEND_FAST_ZERO"]
RUNTIME_FLAGS = ["TIMEDOUT", "DISCONNECT_REQUESTED", "DISCONNECTED", "HAS_PID_FILE", "HAS_CONFIG_REF", "BOUND",
                 "DISCONNECT_ON_CLOSE", "HAS_BACKEND_FILE"]
DEVICE_FLAGS = ["DESTROY_ON_DISCONNECT", "DISCONNECT_REQUESTED"]
DISCONNECTED, HAS_CONFIG_REF, BOUND = 1 << 2, 1 << 4, 1 << 5
GD_DEAD = 1 << 2
REQUESTS_SHOWN = 16


class Device:
    def __init__(self, host, outstanding, nbd, disk):
        self.host = host
        self.nbd = nbd
        self.disk = disk
        self.config = nbd.config.read_()
        self.holder = lock_owner(nbd.config_lock)
        self.requests = outstanding.started(disk)
        self.requests_unreadable = disk.address in outstanding.unreadable
        self.openers = count(disk.gendisk.part0.bd_openers)
        self.sockets = []
        self.receivers = self.total = self.runtime = 0
        if self.config:
            self.runtime = self.config.runtime_flags.value_()
            self.receivers = count(self.config.recv_threads)
            self.total = self.config.num_connections.value_()
            self.sockets = [self.take_socket(i) for i in range(self.total)]
        self.unreadable = any(sock["dead"] == UNREADABLE for sock in self.sockets)
        self.dead = sum(1 for sock in self.sockets if sock["dead"] == "yes")
        self.live = len(self.sockets) - self.dead
        # A file with other references than nbd's is open in some process.
        self.held = sum(1 for sock in self.sockets if sock["dead"] == "no" and sock.get("file_refs", 1) > 1)
        peers = [sock["peer"] for sock in self.sockets if sock.get("peer", "unnamed") != "unnamed"]
        self.peer = peers[0] if peers else "unnamed" if self.sockets else NONE
        self.peers_named = len(peers)
        self.peers_differing = sum(1 for peer in peers if peer != self.peer)

    def take_socket(self, i):
        return self.host.gaps.attempt("sockets", socket_at, self.config, i,
                                      otherwise={"index": i, "dead": UNREADABLE, "family": UNREADABLE})

    # --- who set it up ---

    def setup_task(self):
        """The task whose address nbd has kept, if a task is there; an address may have been used again."""
        return self.host.task_at.get(self.nbd.task_setup.value_())

    def starter(self):
        """The task that started the device: its number is in nbd."""
        return self.host.task_of_pid.get(self.nbd.pid.value_())

    def starter_has_it_open(self):
        task = self.setup_task()
        return task is not None and self.host.has_open(task, self.disk)

    # --- what state that is: the words of nbddiag(4) ---

    def state(self):
        if self.unreadable:
            return "unknown", "unreadable"
        if not self.config:
            return "free", "no-config"
        if not self.total:
            # nbd starts nothing without sockets, and keeps them as long as the configuration.
            return ("unknown", "changing") if self.receivers or self.nbd.pid else ("opened", "no-sockets")
        if not self.live:
            return "disconnected", "all-sockets-dead"
        if self.receivers:
            return self.state_with_receivers()
        return self.state_unserved()

    def state_with_receivers(self):
        if self.runtime & DISCONNECTED:
            return "disconnected", "shutting-down"
        if self.dead:
            return "degraded", "some-sockets-dead"
        return "connected", "receivers-running"

    def state_unserved(self):
        """nbd itself marks all sockets dead when it disconnects: one that is live was added since."""
        all_held = self.held == self.live
        if self.runtime & DISCONNECTED:
            return ("disconnected", "sockets-held") if all_held else ("orphaned", "disconnected-with-sockets")
        started = bool(self.nbd.pid)
        if self.starter_has_it_open():
            return ("unknown", "starter-alive") if started else ("setup", "setup-task-alive")
        if self.runtime & BOUND and not started:
            return "setup", "netlink-setup"
        return ("unknown", "starter-gone-sockets-held") if all_held else ("orphaned", "starter-gone")

    def attachable(self):
        """What NBD_SET_SOCK and NBD_DO_IT of another task would meet, in the order in which they ask."""
        if self.unreadable:
            return UNREADABLE, "unreadable"
        if self.holder is not None:
            return "no", "lock-held"
        if self.disk.gendisk.state.value_() & GD_DEAD:
            return "no", "going-away"
        if not self.config:
            return "yes", "free"
        if self.state() == ("unknown", "changing"):
            return "-(changing)", "changing"
        if self.receivers:
            return "no", "in-use"
        if self.state()[0] == "setup":
            return "no", "being-set-up"
        if self.nbd.pid:
            return "no", "started"
        if self.runtime & BOUND:
            return "no", "bound"
        if self.nbd.task_setup:
            return "no", "setup-task-set"
        if self.requests:
            return "no", "requests-in-flight"
        if self.requests_unreadable and not self.total:
            return "-(requests-unknown)", "requests-unknown"
        if self.total:
            return "no", "leftover-sockets"
        return "yes", "opened-ioctl-only"

    # --- the file nbdN ---

    def task_line(self, task, gone, owned=True):
        if task is None:
            return gone
        more = {"has_device_open": yes_no(self.host.has_open(task, self.disk))} if owned else {}
        return named(task, **more)

    def lock_holder(self):
        if self.holder is None:
            return NONE
        return self.task_line(self.host.task_at.get(self.holder), "gone", owned=False)

    def setup_line(self):
        return self.task_line(self.setup_task(), "gone" if self.nbd.task_setup else NONE)

    def attached_line(self):
        pid = self.nbd.pid.value_()
        return self.task_line(self.starter(), f"gone pid={pid}" if pid else NONE)

    def kept_by(self):
        if not self.config:
            return NONE
        return fields(openers=self.openers, receivers=self.receivers, netlink=int(bool(self.runtime & HAS_CONFIG_REF)))

    def head(self):
        state_word, state_reason = self.state()
        attachable, reason = self.attachable()
        backend = member(self.nbd, "backend")
        return {
            "device": self.disk.name, "dev": self.disk.dev, "state": state_word, "state_reason": state_reason,
            "attachable": attachable, "attachable_reason": reason, "consistent": yes_no(self.holder is None),
            "lock_holder": self.lock_holder(), "generation": LEFT_OUT, "openers": self.openers,
            "config_refs": self.nbd.config_refs.refs.counter.value_(), "kept_by": self.kept_by(),
            "refs": self.nbd.refs.refs.counter.value_(), "index": self.nbd.index.value_(),
            "capacity_bytes": self.disk.capacity, "block_size_bytes": self.disk.block_size,
            "read_only": yes_no(self.disk.read_only), "device_flags": flags(self.nbd.flags.value_(), DEVICE_FLAGS),
            "timeout_s": self.timeout_s(), "setup_task": self.setup_line(), "attached_task": self.attached_line(),
            "backend": quoted(backend.string_()) if backend else NONE,
        }

    def timeout_s(self):
        return self.nbd.tag_set.timeout.value_() // self.host.hz

    def configuration(self):
        config = self.config
        if not config:
            return {}
        agree = NONE if not self.peers_named else yes_no(not self.peers_differing)
        counts = {"counted": len(self.sockets), "dead": self.dead, "live": self.live, "held": self.held}
        differing = self.peers_differing
        if self.unreadable:
            agree = differing = UNREADABLE
            counts = dict.fromkeys(counts, UNREADABLE)
        return {
            "flags": flags(config.flags.value_(), SERVER_FLAGS), "runtime_flags": flags(self.runtime, RUNTIME_FLAGS),
            "config_size_bytes": config.bytesize.value_(), "config_block_size_bytes": 1 << config.blksize_bits.value_(),
            "dead_conn_timeout_s": config.dead_conn_timeout.value_(), "num_connections": self.total,
            "live_connections": count(config.live_connections), "recv_threads": self.receivers,
            "peers_agree": agree, "peers_differing": differing,
            "sockets": fields(total=self.total, **counts, shown=len(self.sockets)),
        }

    def file(self, owners):
        shown = self.host.gaps.attempt_each("requests", self.request_line, self.requests[:REQUESTS_SHOWN], owners)
        lines = [FORMAT]
        lines += [f"{key}: {value}" for key, value in {**self.head(), **self.configuration()}.items()]
        inflight, oldest = self.load()
        lines.append("requests: " + fields(inflight=inflight, shown=len(shown), oldest_age_ns=oldest))
        lines += ["request: " + fields(**line) for line in shown]
        lines += ["socket: " + fields(**sock) for sock in self.sockets]
        return lines

    def load(self):
        """How many requests are in flight, and the age of the oldest."""
        if self.requests_unreadable:
            return UNREADABLE, UNREADABLE
        return len(self.requests), oldest_age(self.host, self.requests)

    def request_line(self, request, owners):
        return request_line(self.host, owners, request)

    # --- the file devices ---

    def line(self):
        state_word, state_reason = self.state()
        attachable, reason = self.attachable()
        inflight, oldest = self.load()
        live, dead, peer, named_peers, differing = (UNREADABLE,) * 5 if self.unreadable else (
            self.live, self.dead, self.peer, self.peers_named, self.peers_differing)
        return "device: " + fields(
            name=self.disk.name, state=state_word, attachable=attachable, live=live, dead=dead,
            inflight=inflight, oldest_age_ns=oldest,
            config_refs=self.nbd.config_refs.refs.counter.value_(), consistent=yes_no(self.holder is None),
            state_reason=state_reason, attachable_reason=reason, capacity_bytes=self.disk.capacity,
            openers=self.openers, sockets=self.total if self.config else NONE, peer=peer,
            peers_named=named_peers, peers_differing=differing,
            device_flags=hex(self.nbd.flags.value_()))


def count(number):
    """An atomic_t, or on older kernels a plain number."""
    counter = member(number, "counter") if number.type_.kind.name != "INT" else None
    return (number if counter is None else counter).value_()


def lock_owner(mutex):
    """The address of the task that holds a mutex, or None."""
    owner = member(mutex, "owner")
    if owner is None:
        # PREEMPT_RT
        return mutex.rtmutex.owner.value_() & ~1 or None
    return owner.counter.value_() & U64 & ~7 or None


class Unreadable:
    """A device of which no more is known than that it is there."""

    HEAD = ("openers", "config_refs", "kept_by", "refs", "index", "capacity_bytes", "block_size_bytes", "read_only",
            "device_flags", "timeout_s", "setup_task", "attached_task", "backend")
    LINE = ("live", "dead", "inflight", "oldest_age_ns", "config_refs")
    MORE = ("capacity_bytes", "openers", "sockets", "peer", "peers_named", "peers_differing", "device_flags")

    def __init__(self, disk):
        self.disk = disk

    def file(self, _owners):
        head = {"device": self.disk.name, "dev": self.disk.dev, "state": "unknown", "state_reason": "unreadable",
                "attachable": UNREADABLE, "attachable_reason": "unreadable", "consistent": "no",
                "lock_holder": UNREADABLE, "generation": LEFT_OUT, **dict.fromkeys(self.HEAD, UNREADABLE),
                "requests": fields(inflight=UNREADABLE, shown=0, oldest_age_ns=UNREADABLE)}
        return [FORMAT] + [f"{key}: {value}" for key, value in head.items()]

    def line(self):
        return "device: " + fields(
            name=self.disk.name, state="unknown", attachable=UNREADABLE, **dict.fromkeys(self.LINE, UNREADABLE),
            consistent="no", state_reason="unreadable", attachable_reason="unreadable",
            **dict.fromkeys(self.MORE, UNREADABLE))


def socket_at(config, i):
    return socket_fields(i, config.socks[i])


def devices(host, outstanding):
    found = [host.gaps.attempt("devices", Device, host, outstanding, nbd, disk, otherwise=Unreadable(disk))
             for nbd, disk in host.nbds]
    return sorted(found, key=lambda device: device.disk.minor)


def lines_of(host, device, method, *arguments):
    """What a method of it says; no more than that it is there if something cannot be read only now."""
    lines = host.gaps.attempt("devices", getattr(device, method), *arguments)
    return getattr(Unreadable(device.disk), method)(*arguments) if lines is None else lines
