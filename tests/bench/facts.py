# SPDX-License-Identifier: GPL-2.0
# What nbddiag shows of devices, their sockets and AIO contexts, as a drgn script would get it: what "make bench"
# compares nbddiag with. usage: drgn facts.py DEVICE|all|aio|everything|none
import socket
import sys

from drgn import cast
from drgn.helpers.linux.cpumask import for_each_possible_cpu
from drgn.helpers.linux.idr import idr_for_each_entry
from drgn.helpers.linux.percpu import per_cpu_ptr
from drgn.helpers.linux.pid import find_task, for_each_task

SOCK_DEAD = 0


def unix_name(sk):
    address = cast("struct unix_sock *", sk).addr.read_()
    if not address:
        return "unnamed"
    size = address.len.value_() - 2
    base = address.name.address_of_().value_() + 2
    return repr(prog.read(base, size)) if size > 0 else "unnamed"


def pid_of(pid):
    return pid.numbers[0].nr.value_() if pid else 0


def unread(sk):
    head = sk.sk_receive_queue.address_of_()
    skb = sk.sk_receive_queue.next
    count = 0
    while skb != cast("struct sk_buff *", head):
        count += skb.len.value_()
        skb = skb.next
    return count


def show_unix(sk):
    peer = cast("struct unix_sock *", sk).peer.read_()
    print("  own", unix_name(sk), "peer_pid", pid_of(sk.sk_peer_pid), "unread", unread(sk), end=" ")
    if peer:
        dead = peer.__sk_common.skc_flags.value_() >> SOCK_DEAD & 1
        print("peer", unix_name(peer), "exists", not dead, "own_pid", pid_of(peer.sk_peer_pid),
              "unsent", 0 if dead else unread(peer))


def show_inet(sk):
    common = sk.__sk_common
    peer = socket.inet_ntoa(common.skc_daddr.value_().to_bytes(4, "little"))
    print("  peer", peer, socket.ntohs(common.skc_dport.value_()))


def show_socket(index, nsock):
    sock = nsock.sock
    sk = sock.sk
    family = sk.__sk_common.skc_family.value_()
    print(" socket", index, "dead", bool(nsock.dead), "cookie", nsock.cookie.value_(), "fallback",
          nsock.fallback_index.value_(), "sent", nsock.sent.value_(), "pending", bool(nsock.pending),
          "sending", nsock.tx_lock.owner.counter.value_() & ~7, "family", family, "type", sk.sk_type.value_(),
          "protocol", sk.sk_protocol.value_(), "state", sk.__sk_common.skc_state.value_(),
          "shutdown", sk.sk_shutdown.value_(), "inode", sock.file.f_inode.i_ino.value_(),
          "refs", sock.file.f_count.counter.value_())
    if family == socket.AF_UNIX:
        show_unix(sk)
    elif family == socket.AF_INET:
        show_inet(sk)


def show_device(nbd):
    config = nbd.config.read_()
    print("device", nbd.index.value_(), "refs", nbd.refs.refs.counter.value_(), "config_refs",
          nbd.config_refs.refs.counter.value_(), "flags", nbd.flags.value_(), "pid", nbd.pid.value_(),
          "setup", nbd.task_setup.value_(), "openers", nbd.disk.part0.bd_openers.counter.value_())
    if nbd.pid:
        task = find_task(prog, nbd.pid)
        print(" attached by", task.comm.string_() if task else "gone")
    if not config:
        return
    print(" runtime_flags", config.runtime_flags.value_(), "live", config.live_connections.counter.value_(),
          "receivers", config.recv_threads.counter.value_(), "bytes", config.bytesize.value_())
    socks = config.socks
    for index in range(config.num_connections.value_()):
        show_socket(index, socks[index])


def inflight(ctx):
    available = ctx.reqs_available.counter.value_()
    for cpu in for_each_possible_cpu(prog):
        available += per_cpu_ptr(ctx.cpu, cpu).reqs_available.value_()
    return ctx.nr_events.value_() - 1 - available - ctx.completed_events.value_()


def show_context(ctx):
    print(" context", hex(ctx.user_id.value_()), "max_reqs", ctx.max_reqs.value_(), "nr_events",
          ctx.nr_events.value_(), "dead", ctx.dead.counter.value_(), "tail", ctx.tail.value_(),
          "inflight", inflight(ctx))


def show_aio():
    seen = set()
    for task in for_each_task(prog):
        mm = task.mm.read_()
        if not mm or mm.value_() in seen:
            continue
        seen.add(mm.value_())
        table = mm.ioctx_table.read_()
        if not table:
            continue
        print("process", task.tgid.value_(), task.comm.string_())
        for slot in range(table.nr.value_()):
            if table.table[slot]:
                show_context(table.table[slot])


what = sys.argv[1]
if what in ("aio", "everything"):
    show_aio()
if what not in ("aio", "none"):
    for index, nbd in idr_for_each_entry(prog["nbd_index_idr"].address_of_(), "struct nbd_device"):
        if what in ("all", "everything", "nbd%d" % index):
            show_device(nbd)
