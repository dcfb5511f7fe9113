#!/bin/bash
# desc: the forms of the kernel's interfaces that the build found are those which this version has
# timeout: 40
# also: bookworm trixie: each has forms of its own between the two ends
. tests/cases/lib.bash

begin

# Between which versions the kernel has each form, by its history: NAME FROM UNTIL. (That mappings lost their
# i_private_data, and mutexes their list, was seen in 7.2, that queues lost their xarray in 7.3; it may have been before.)
history_of() {
	cat <<-EOF
		class_interface_one_arg 6.4 -
		blk_mq_tags 6.1 -
		blk_alloc_disk_limits 6.9 -
		blk_alloc_disk_node 5.14 6.9
		disk_openers 5.19 -
		part0_openers 5.11 5.19
		file_open_root_path 5.14 -
		unix_inq_len 6.17 -
		unixcb - 6.15
		mm_maple_tree 6.1 -
		mapping_i_private_data 6.8 7.2
		mapping_private_data - 6.8
		blk_cleanup_disk 5.14 6.0
		bin_attribute_const 6.16 -
		page_slab_cache - 5.17
		bdev_partno 6.10 -
		bio_bi_disk - 5.12
		part0_pointer 5.11 -
		hctx_xarray 5.18 7.3
		queue_disk 5.15 -
		timer_delete_sync - -
	EOF
	if is_realtime; then
		echo mutex_rtmutex 5.15 -
	else
		echo mutex_wait_list - 7.2
	fi
	echo semaphore_wait_list - 7.2
	# Seen in 7.3; the first depends on the configuration.
	! grep -qs '^CONFIG_DETECT_HUNG_TASK_BLOCKER=y' "/boot/config-$(uname -r)" || echo task_blocker 6.13 -
	echo mutex_blocked_on 6.13 -
}

is_realtime() { [ -e /sys/kernel/realtime ] || [[ $(uname -v) = *PREEMPT_RT* ]]; }

version=$(uname -r)
version=${version%%[-+]*}

# The version $1 is not before $2.
reaches() { [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

truth=
while read -r name from until; do
	[ "$from" = - ] || reaches "$version" "$from" || continue
	[ "$until" = - ] || ! reaches "$version" "$until" || continue
	truth+="$name"$'\n'
done < <(history_of)

built=$(modinfo -F features /nbddiag/nbddiag.ko)
read_file layout
check_eq "modinfo and layout agree" "$(key features)" "$built"
check_eq "the forms of $version" "$(tr , '\n' <<<"$built" | sort)" "$(sort <<<"${truth%$'\n'}")"

end
