# shellcheck shell=bash
# How a machine is booted: one place for the qemu command line, and the question whether KVM works here.
# Sourced after lib.sh.

# shellcheck source=tests/vm/clock.sh
. "$VM_DIR/clock.sh"

# Sets QEMU to the command that boots machine NAME with SHARE as its /nbddiag (read-only) and OUT as its
# /out. The disk is a throw-away view: what a guest writes is gone when it ends. GUEST_CPUS: how many processors.
# usage: qemu_command NAME SHARE OUT [KERNEL-ARGUMENT...]
qemu_command() {
	local path share=$2 out=$3
	path=$(machine_path "$1")
	qemu_base "$1" "$(accel)" "${*:4}"
	QEMU+=(
		-drive "file=$path/disk.img,format=raw,if=virtio,snapshot=on"
		-virtfs "local,path=$share,mount_tag=nbddiag,security_model=none,readonly=on"
		-virtfs "local,path=$out,mount_tag=out,security_model=none"
	)
	# A socket to control it by, and what a dump of its memory needs to be understood. One guest at a time.
	[ -z "${NBDDIAG_QMP:-}" ] || QEMU+=(-qmp "unix:$NBDDIAG_QMP,server=on,wait=off" -device vmcoreinfo)
	# One more disk, /dev/vdb in the guest, read-only.
	[ -z "${NBDDIAG_DISK:-}" ] || QEMU+=(-drive "file=$NBDDIAG_DISK,format=raw,if=virtio,readonly=on")
}

# usage: qemu_base NAME ACCEL KERNEL-ARGUMENTS
qemu_base() {
	local path accel=$2 system console memory=2048 finders='' emulated='' cpus=${GUEST_CPUS:-2}
	path=$(machine_path "$1")
	case $(machine_arch "$1") in
	# pauth-impdef: pointers are signed by a hash that is cheap to emulate.
	arm64) system=(qemu-system-aarch64 -M virt -cpu "max,pauth-impdef=on") console=ttyAMA0 accel=tcg ;;
	*)
		system=(qemu-system-x86_64 -cpu max) console=ttyS0
		# A kernel that knows erms moves memory by bytes, which are emulated one by one. And the processor's clock, which
		# is the host's, is much cheaper to ask than that of a device.
		[ "$accel" = kvm ] || system[2]+=,erms=off emulated=tsc=reliable
		;;
	esac
	# Code is translated anew at each address where a program is loaded, which took most of the time. There is nothing to
	# protect from speculation, which costs a seventh.
	[ "$accel" = kvm ] || accel=tcg,thread=multi emulated+=' norandmaps mitigations=off'
	# What finds bugs takes memory, and KASAN is to report more than the first.
	! is_compiled "$1" || memory=3072 finders="kasan_multi_shot $(clock_arguments)"
	# sockets: a kernel without ACPI finds only the first processor of each socket.
	# setpriv: a VM never outlives the script that started it. no_timer_check: on a busy host an emulated timer
	# can fail the kernel's check of it, which panics.
	QEMU=(
		setpriv --pdeathsig KILL
		"${system[@]}" -accel "$accel" -smp "$cpus,sockets=$cpus" -m "$memory"
		-nodefaults -display none -no-reboot
		-kernel "$path/vmlinuz" -initrd "$path/initrd.img"
		-append "console=$console log_buf_len=8M oops=panic panic=-1 panic_on_warn=0 no_timer_check $emulated $finders $3"
	)
}

# Without ACPI there is no clock to measure the processor's by, which is the host's when emulated.
clock_arguments() {
	awk '/^cpu MHz/ { printf "tsc=reliable tsc_early_khz=%d", $4 * 1000; exit }' /proc/cpuinfo
}

# Says kvm or tcg. /dev/kvm may be there and not work, so KVM is used only after a boot with it was seen
# to succeed; the answer is kept per host kernel and processor.
accel() {
	local key verdict
	if [ -n "${NBDDIAG_ACCEL:-}" ]; then
		echo "$NBDDIAG_ACCEL"
		return
	fi
	key=$( (uname -rm; grep -m 1 'model name' /proc/cpuinfo || :) | sha256sum | cut -c1-12)
	verdict=$CACHE/accel-$key
	mkdir -p "$CACHE"
	(
		exec 9>"$CACHE/.accel.lock"
		flock 9
		[ -s "$verdict" ] || probe_kvm >"$verdict.new" 2>/dev/null
		[ -s "$verdict" ] || mv "$verdict.new" "$verdict"
	)
	cat "$verdict"
}

# Boots the first machine that is built, to its initrd only, with KVM, for at most 25 s of its own time.
probe_kvm() {
	local name log pid answer=tcg
	[ -w /dev/kvm ] || { echo tcg; return; }
	for name in "${MACHINES[@]}"; do
		machine_is_built "$name" && break
	done
	log=$(mktemp)
	qemu_base "$name" kvm nbddiag.mode=probe
	"${QEMU[@]}" -serial "file:$log" >/dev/null 2>&1 9>&- &
	pid=$!
	clock_start "$pid"
	while [ "$CLOCK" -lt 2500 ] && kill -0 "$pid" 2>/dev/null; do
		sleep 0.5
		clock_look
	done
	kill -KILL "$pid" 2>/dev/null || :
	wait "$pid" 2>/dev/null || :
	grep -q 'initrd: modules loaded' "$log" && answer=kvm
	rm -f "$log"
	echo "$answer"
}
