# shellcheck shell=bash disable=SC2034,SC2153
# Adds to the tree of stacks.bash tasks that hang and rings of io_uring, one of them of a process that is gone. Sourced by
# tests.
#
#   dd (710) waits for a read of volume (dm-0), mv (711) for a block of the filesystem on it, both for nbd0; two touch
#   (712, 713) for a lock that mv has; left (714) and right (715) for each other; blkid (716) for something unknown;
#   cat (718) for a lock that readers have, dd the last of them; sync (719) for a kernel worker (717) that frees a ring; ls
#   (721) for mv itself
#
#   fio (2101) is gone, and its ring waits for 3 requests of nbd0 and one of mpatha; fio (700) has a ring with one of
#   mpatha; app (720) has one with a poll

# shellcheck source=tests/reader/stacks.bash
. "$(dirname "${BASH_SOURCE[0]}")/stacks.bash"

tasks_of() {
	local no_request='op=- sector=- bytes=- age_ns=- request=-' nobody='held_by=- held_by_tgid=- held_by_comm=-'
	local unread='last_reader=- last_reader_tgid=- last_reader_comm=-'
	printf 'format: 1\ncomplete: yes\ncomplete_reason: ok\ntook_ns: 1000\ntasks: seen=300 cannot_go_on=11 known=10 went_on=1\n'
	cat <<-END
		task: tid=710 tgid=710 comm="dd" state=D exiting=no waiting_ns=80000000000 sleeps_in=submit_bio_wait work=- waits_for=bio lock=- object=- device=nbd0 dev=43:0 asked=dm-0 fs=- via=- op=read sector=0 bytes=4096 age_ns=80000000000 request=started $nobody hops=0 proof=bio $unread
		task: tid=711 tgid=711 comm="mv" state=D exiting=no waiting_ns=90000000000 sleeps_in=__wait_on_buffer work=- waits_for=buffer lock=- object=- device=nbd0 dev=43:0 asked=dm-0 fs="ext4" via=- op=read sector=16 bytes=1024 age_ns=90000000000 request=started $nobody hops=0 proof=record $unread
		task: tid=712 tgid=712 comm="touch" state=D exiting=no waiting_ns=70000000000 sleeps_in=rwsem_down_write_slowpath work=- waits_for=lock lock=rwsem-write object=i_rwsem device=nbd0 dev=43:0 asked=dm-0 fs="ext4" via=- $no_request held_by=711 held_by_tgid=711 held_by_comm="mv" hops=1 proof=record $unread
		task: tid=713 tgid=713 comm="touch" state=D exiting=no waiting_ns=-(not-recorded) sleeps_in=rwsem_down_write_slowpath work=- waits_for=lock lock=rwsem-write object=i_rwsem device=nbd0 dev=43:0 asked=dm-0 fs="ext4" via=- $no_request held_by=711 held_by_tgid=711 held_by_comm="mv" hops=1 proof=noted $unread
		task: tid=714 tgid=714 comm="left" state=D exiting=no waiting_ns=60000000000 sleeps_in=__mutex_lock work=- waits_for=lock lock=mutex object=-(unknown-object) device=-(cycle) dev=-(cycle) asked=- fs=- via=- $no_request held_by=715 held_by_tgid=715 held_by_comm="right" hops=-(cycle) proof=record $unread
		task: tid=715 tgid=715 comm="right" state=D exiting=no waiting_ns=59000000000 sleeps_in=__mutex_lock work=- waits_for=lock lock=mutex object=s_umount device=-(cycle) dev=-(cycle) asked=sda fs="xfs" via=- $no_request held_by=714 held_by_tgid=714 held_by_comm="left" hops=-(cycle) proof=record $unread
		task: tid=716 tgid=716 comm="blkid" state=D exiting=no waiting_ns=50000000000 sleeps_in=-(no-record) work=- waits_for=-(no-record) lock=- object=- device=-(unknown) dev=-(unknown) asked=- fs=- via=- $no_request $nobody hops=0 proof=- $unread
		task: tid=717 tgid=717 comm="kworker/u8:2" state=S exiting=no waiting_ns=40000000000 sleeps_in=-(no-record) work=io_ring_exit_work waits_for=ring lock=- object=- device=-(see-uring) dev=-(see-uring) asked=- fs=- via=- $no_request $nobody hops=0 proof=worker $unread
		task: tid=718 tgid=718 comm="cat" state=D exiting=no waiting_ns=30000000000 sleeps_in=rwsem_down_read_slowpath work=- waits_for=lock lock=rwsem-read object=mmap_lock device=-(no-holder) dev=-(no-holder) asked=- fs=- via=- $no_request held_by=-(readers) held_by_tgid=-(readers) held_by_comm=-(readers) hops=0 proof=record last_reader=710 last_reader_tgid=710 last_reader_comm="dd"
		task: tid=719 tgid=719 comm="sync" state=D exiting=no waiting_ns=20000000000 sleeps_in=__flush_work work=- waits_for=work lock=- object=io_ring_exit_work device=-(holder-unknown) dev=-(holder-unknown) asked=- fs=- via=- $no_request held_by=717 held_by_tgid=717 held_by_comm="kworker/u8:2" hops=1 proof=record $unread
		task: tid=721 tgid=721 comm="ls" state=D exiting=no waiting_ns=10000000000 sleeps_in=d_alloc_parallel work=- waits_for=task lock=- object=- device=nbd0 dev=43:0 asked=- fs=- via=- $no_request held_by=711 held_by_tgid=711 held_by_comm="mv" hops=1 proof=record $unread
	END
}

uring_of() {
	local queues='flags=0x0 sq_entries=64 cq_entries=128' i
	printf 'format: 1\ncomplete: yes\ncomplete_reason: ok\ntook_ns: 1000\nrings: shown=3 without_owner=1 owed=5\n'
	cat <<-END
		ring: ring=1 state=live owner=live processes=1 pid=720 comm="app" ended=no fd=9 worker=- $queues inflight=0 polls=1 timeouts=2 unreaped=0 overflown=0 owed=0 oldest_age_ns=-
		ring: ring=2 state=exiting owner=none processes=0 pid=2101 comm="fio" ended=yes fd=- worker=717 $queues inflight=6 polls=0 timeouts=0 unreaped=0 overflown=0 owed=4 oldest_age_ns=44000000000
		ring: ring=3 state=live owner=live processes=1 pid=700 comm="fio" ended=no fd=4 worker=- $queues inflight=1 polls=0 timeouts=0 unreaped=3 overflown=0 owed=1 oldest_age_ns=45000000000
	END
	for i in 1 2 3; do
		echo "owed: ring=2 device=nbd0 dev=43:0 asked=nbd0p3 fs=- via=- op=read sector=$((i * 8)) bytes=4096 age_ns=4$((4 - i))000000000 state=started"
	done
	echo "owed: ring=2 device=dm-1 dev=253:1 asked=dm-2 fs=- via=- op=write sector=8 bytes=8192 age_ns=41000000000 state=no-path"
	echo "owed: ring=3 device=dm-1 dev=253:1 asked=dm-1 fs=- via=- op=read sector=8 bytes=4096 age_ns=45000000000 state=no-path"
}

make_hung() {
	local pid
	make_stacks
	tasks=$TREE/$DEBUGFS/tasks
	uring=$TREE/$DEBUGFS/uring
	tasks_of >"$tasks"
	uring_of >"$uring"
	put_task 711 mv D __wait_on_buffer
	put_task 712 touch D rwsem_down_write_slowpath
	put_task 713 touch D rwsem_down_write_slowpath
	put_task 714 left D __mutex_lock
	put_task 715 right D __mutex_lock
	put_task 716 blkid D somewhere '0 253:0 0140000 /dev/dm-0'
	put_task 717 kworker/u8:2 S worker_thread
	put_task 718 cat D rwsem_down_read_slowpath
	put_task 719 sync D __flush_work
	put_task 721 ls D d_alloc_parallel
	for pid in 710 711 712 713 714 715 716 718 719 721; do
		printf '0 0x0 0x0 0x0 0x0 0x0 0x0 0x7ffd00000000 0x7f0000000000\n' >"$TREE/proc/$pid/task/$pid/syscall"
	done
}
