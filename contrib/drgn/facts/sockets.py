# SPDX-License-Identifier: GPL-2.0
# One socket of a device: its ends, and who is there.
import socket

from drgn import cast
from drgn.helpers.linux.pid import pid_task

from .values import LEFT_OUT, comm, member, quoted, u32, unknown, yes_no

FAMILIES = {socket.AF_UNIX: "unix", socket.AF_INET: "inet", socket.AF_INET6: "inet6"}
STATES = ["0", "established", "syn-sent", "syn-recv", "fin-wait1", "fin-wait2", "time-wait", "close", "close-wait",
          "last-ack", "listen", "closing"]
SYN_SENT, SYN_RECV, CLOSE, CLOSE_WAIT, LAST_ACK, CLOSING = 2, 3, 7, 8, 9, 11
SHUTDOWNS = ["none", "recv", "send", "both"]
RCV_SHUTDOWN, SEND_SHUTDOWN = 1, 2
# Bits of sk_flags.
SOCK_DEAD, SOCK_DONE = 0, 1
PIDTYPE_PID = 0


def has_flag(sk, bit):
    return bool(sk.member_("__sk_common").skc_flags.value_() >> bit & 1)


# --- addresses ------------------------------------------------------------------------------------


def unix_name(sk):
    address = cast("struct unix_sock *", sk).addr.read_()
    # Its length has that of sun_family.
    size = address.len.value_() - 2 if address else 0
    if size <= 0:
        return "unnamed"
    path = sk.prog_.read(address.name.address_of_().value_() + 2, size)
    if path[0]:
        return "path:" + quoted(path.split(b"\0")[0])
    return "abstract:" + quoted(path[1:])


def inet_names(sk):
    common = sk.member_("__sk_common")
    inet = cast("struct inet_sock *", sk)
    ports = socket.ntohs(inet.inet_sport.value_()), socket.ntohs(common.skc_dport.value_())
    if common.skc_family.value_() == socket.AF_INET:
        hosts = [socket.inet_ntoa(number.value_().to_bytes(4, "little"))
                 for number in (inet.inet_saddr, common.skc_daddr)]
    else:
        hosts = ["[" + socket.inet_ntop(socket.AF_INET6, address.to_bytes_()) + "]"
                 for address in (inet.pinet6.saddr, common.skc_v6_daddr)]
    return [f"tcp:{host}:{port}" for host, port in zip(hosts, ports)]


# --- queues ---------------------------------------------------------------------------------------


def unix_unread(sk):
    """What whoever has this end has not read."""
    head = sk.sk_receive_queue.address_of_()
    buffer = cast("struct sk_buff *", sk.sk_receive_queue.next)
    total = 0
    while buffer.value_() != head.value_():
        consumed = cast("struct unix_skb_parms *", buffer.cb.address_of_()).consumed.value_()
        total += buffer.len.value_() - consumed
        buffer = buffer.next.read_()
    return total


def tcp_queues(sk):
    """Bytes that are unread, and sent but not acknowledged; an end of the stream has a number too, and is no byte."""
    tcp = cast("struct tcp_sock *", sk)
    unsent = u32(tcp.write_seq.value_() - tcp.snd_una.value_())
    if unsent and sk.sk_shutdown.value_() & SEND_SHUTDOWN:
        unsent -= 1
    if sk.member_("__sk_common").skc_state.value_() in (SYN_SENT, SYN_RECV):
        return 0, unsent
    unread = u32(tcp.rcv_nxt.value_() - tcp.copied_seq.value_())
    if unread and has_flag(sk, SOCK_DONE):
        unread -= 1
    return unread, unsent


# --- processes ------------------------------------------------------------------------------------


def recorded(pid):
    """Number and name of a process by the struct pid that was recorded."""
    if not pid:
        return "-", "-"
    task = pid_task(pid, PIDTYPE_PID)
    return pid.numbers[0].nr.value_(), comm(task) if task else unknown("gone")


def peer_exists(peer):
    if has_flag(peer, SOCK_DEAD):
        return "no"
    # It gets its struct socket by accept(2).
    return "yes" if peer.sk_socket else "unaccepted"


# --- the line -------------------------------------------------------------------------------------


def unix_ends(sk):
    peer = cast("struct unix_sock *", sk).peer.read_()
    peer_pid, peer_comm = recorded(sk.sk_peer_pid.read_())
    ends = {"own": unix_name(sk), "peer": "unnamed", "peer_exists": "no", "peer_pid": peer_pid, "peer_comm": peer_comm,
            "own_pid": "-", "own_comm": "-", "unread_bytes": unix_unread(sk), "unsent_bytes": unknown("peer-closed")}
    if peer:
        ends["peer"] = unix_name(peer)
        ends["peer_exists"] = peer_exists(peer)
        ends["own_pid"], ends["own_comm"] = recorded(peer.sk_peer_pid.read_())
        if ends["peer_exists"] != "no":
            ends["unsent_bytes"] = unix_unread(peer)
    return ends


def inet_ends(sk):
    own, peer = inet_names(sk)
    unread, unsent = tcp_queues(sk)
    closed = (sk.sk_shutdown.value_() & RCV_SHUTDOWN or
              sk.member_("__sk_common").skc_state.value_() in (CLOSE, CLOSE_WAIT, LAST_ACK, CLOSING))
    return {"own": own, "peer": peer, "peer_exists": "no" if closed else "yes", "peer_pid": "-", "peer_comm": "-",
            "own_pid": "-", "own_comm": "-", "unread_bytes": unread, "unsent_bytes": unsent}


def file_references(file):
    count = member(file, "f_count")
    if count is not None:
        return count.counter.value_()
    # Newer kernels: the number of references but one.
    return file.f_ref.refcnt.counter.value_() + 1


def socket_fields(index, nsock):
    sock = nsock.sock.read_()
    pairs = {"index": index, "dead": yes_no(nsock.dead)}
    if not sock or not sock.sk:
        pairs["family"] = unknown("no-socket")
    else:
        pairs.update(socket_itself(sock))
    pending = bool(nsock.pending)
    pairs.update(cookie=nsock.cookie.value_(), fallback=nsock.fallback_index.value_(), pending=yes_no(pending))
    if pending:
        pairs["sent_bytes"] = nsock.sent.value_()
    owner = member(nsock.tx_lock, "owner")
    pairs["tx_lock"] = LEFT_OUT if owner is None else "held" if owner.counter.value_() & ~7 else "free"
    return pairs


def socket_itself(sock):
    sk = sock.sk
    common = sk.member_("__sk_common")
    family = common.skc_family.value_()
    kind, protocol = sk.sk_type.value_(), sk.sk_protocol.value_()
    state, shutdown = common.skc_state.value_(), sk.sk_shutdown.value_()
    pairs = {"family": FAMILIES.get(family, family), "type": "stream" if kind == socket.SOCK_STREAM else kind,
             "proto": "tcp" if protocol == socket.IPPROTO_TCP else protocol,
             "state": STATES[state] if 0 < state < len(STATES) else state,
             "shutdown": SHUTDOWNS[shutdown] if shutdown < len(SHUTDOWNS) else shutdown,
             "file_refs": file_references(sock.file), "inode": sock.file.f_inode.i_ino.value_()}
    if family == socket.AF_UNIX:
        pairs.update(unix_ends(sk))
    elif protocol == socket.IPPROTO_TCP:
        pairs.update(inet_ends(sk))
    return pairs
