# shellcheck shell=bash disable=SC2034
# What the tests of the reader share. Sourced by run.

set -uo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
BUILD=$HERE/build
NBDDIAG=$BUILD/nbddiag
TREES=$HERE/trees
DEBUGFS=sys/kernel/debug/nbddiag

# A sanitizer's complaint has a status that no command has.
BROKEN=99
export ASAN_OPTIONS=exitcode=$BROKEN:abort_on_error=0:detect_leaks=1
export UBSAN_OPTIONS=exitcode=$BROKEN:halt_on_error=1:print_stacktrace=1
export LC_ALL=C.UTF-8 TZ=UTC COLUMNS=120 LIBSMARTCOLS_DEBUG=''

WORK=$(mktemp -d "$BUILD/work.XXXXXX")
trap 'rm -rf "$WORK"' EXIT

COUNT=0 FAILED=0

pass() {
	COUNT=$((COUNT + 1))
	echo "ok $COUNT - $1"
}

# usage: fail TEXT [EXPLANATION]
fail() {
	COUNT=$((COUNT + 1)) FAILED=$((FAILED + 1))
	echo "not ok $COUNT - $1"
	[ -z "${2:-}" ] || head -n 30 <<<"$2" | cat -v | sed 's/^/# /'
}

# Waits until a file has a line, so long at most; whoever checks sees whether it came. usage: await SECONDS PATTERN FILE
await() {
	local i
	for ((i = 0; i < $1 * 10; i++)); do
		! grep -q "$2" "$3" || break
		sleep 0.1
	done
}

# usage: check TEXT COMMAND...
check() {
	local text=$1 output
	shift
	if output=$("$@" 2>&1); then
		pass "$text"
	else
		fail "$text" "$output"
	fi
}

# usage: check_eq TEXT GOT WANT
check_eq() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "$(diff <(printf '%s\n' "$3") <(printf '%s\n' "$2"))"
	fi
}

# What a sanitizer has to say is not left to a check, which may look at the status alone.
show_broken() { [ "$STATUS" != "$BROKEN" ] || tail -n 60 "$WORK/err" | cat -v | sed 's/^/# /'; }

# Sets OUT, ERR and STATUS. That it is a capture is in $WORK/origin, and not in ERR. usage: run_reader ARGUMENT...
run_reader() {
	STATUS=0
	timeout "${READER_SECONDS:-20}" "$NBDDIAG" "$@" >"$WORK/out" 2>"$WORK/err" </dev/null || STATUS=$?
	grep -a '^nbddiag: this is a capture of ' "$WORK/err" >"$WORK/origin"
	sed -i '/^nbddiag: this is a capture of /d' "$WORK/err"
	OUT=$(tr '\0' '?' <"$WORK/out") ERR=$(tr '\0' '?' <"$WORK/err")
	show_broken
}

# The reader on this host; instead of the module there are the files in $FAKE. usage: on_host ARGUMENT...
on_host() {
	STATUS=0
	# shellcheck disable=SC2016 # for the inner shell
	timeout 60 unshare -m sh -c 'mount -t tmpfs none /sys/kernel/debug && mkdir /sys/kernel/debug/nbddiag &&
		mount --bind "$0" /sys/kernel/debug/nbddiag && exec "$@"' "$FAKE" "$NBDDIAG" "$@" \
		>"$WORK/out" 2>"$WORK/err" </dev/null || STATUS=$?
	OUT=$(<"$WORK/out") ERR=$(<"$WORK/err")
	show_broken
}

# Neither did it crash or hang, nor does it print what a terminal would obey. usage: is_sane STATUS FILE...
is_sane() {
	case $1 in
	[0-6] | 64 | 65 | 66 | 69 | 71) ;;
	*) echo "status $1"; return 1 ;;
	esac
	shift
	if LC_ALL=C grep -aqP '[^\n\x20-\x7e\x80-\xff]|\x1b' "$@"; then
		echo "control characters"
		return 1
	fi
}

# Where a newer module may add keys, the schema takes any. Of what this module writes it has to list each; a test of other
# input says SCHEMA_STRICT=''.
SCHEMA_STRICT=--strict

# usage: schema <JSON
schema() { "$HERE/schema" ${SCHEMA_STRICT:+"$SCHEMA_STRICT"} "$TOP/userspace/nbddiag.schema.json"; }

# All JSON that is printed is as the schema says, whatever happens. usage: is_json_right FILE ARGUMENT...
is_json_right() {
	local file=$1 why
	case " ${*:2} " in *" --json "* | *" -J "*) ;; *) return 0 ;; esac
	! why=$(schema <"$file" 2>&1) || return 0
	echo "JSON: $why"
	return 1
}

# The JSON of a command about $TREE. It is held against the schema: what is wrong is said at the end of the test, as this
# runs in $(...). usage: json_of ARGUMENT...
json_of() {
	local json why
	json=$(timeout "${READER_SECONDS:-20}" "$NBDDIAG" --root "$TREE" "$@" --json </dev/null)
	why=$(schema <<<"$json" 2>&1) || echo "$*: $why" >>"$WORK/wrong-json"
	printf '%s\n' "$json"
}

# usage: check_wrong_json TEST
check_wrong_json() {
	check_eq "$1: JSON is as the schema says" "$(cat "$WORK/wrong-json" 2>/dev/null)" ""
	rm -f "$WORK/wrong-json"
}

# A command ends as it should, and says so. usage: check_ends TEXT STATUS EREGEX ARGUMENT...
check_ends() {
	local text=$1 status=$2 pattern=$3 why
	shift 3
	run_reader "$@"
	if ! why=$(is_sane "$STATUS" "$WORK/out" "$WORK/err" && is_json_right "$WORK/out" "$@"); then
		fail "$text" "$why: $OUT$ERR"
	elif [ "$STATUS" != "$status" ]; then
		fail "$text" "status $STATUS, want $status: $OUT$ERR"
	elif ! grep -Eq -- "$pattern" "$WORK/out" "$WORK/err" "$WORK/origin"; then
		fail "$text" "nothing matches '$pattern': $OUT$ERR"
	else
		pass "$text"
	fi
}

# A file of the module in $TREE, if it is not there: it lacks nothing, and has nothing. usage: put_file NAME LINE...
put_file() {
	local file=$TREE/$DEBUGFS/$1
	[ -e "$file" ] || printf '%s\n' "format: 1" "complete: yes" "complete_reason: ok" "took_ns: 1" "${@:2}" >"$file"
}

# A thread of that tree is in D, and reads nbd101.
dd_of_incident2() {
	echo 'task: tid=461 tgid=461 comm="dd" state=D exiting=no waiting_ns=1000000000 sleeps_in=submit_bio_wait work=- waits_for=bio lock=- object=- device=nbd101 dev=43:3232 asked=nbd101 fs=- via=- op=read sector=0 bytes=4096 age_ns=1000000000 request=started held_by=- held_by_tgid=- held_by_comm=- hops=0 proof=bio last_reader=- last_reader_tgid=- last_reader_comm=-'
}

# Without these files nothing is known of other disks, of tasks and rings. Trees of an older module lack them.
with_io() {
	put_file io "disks: known=2 outstanding=0" "requests: found=0 shown=0"
	[ ! -e "$TREE/proc/461" ] || put_file tasks "tasks: seen=300 cannot_go_on=1 known=1 went_on=0" "$(dd_of_incident2)"
	put_file tasks "tasks: seen=300 cannot_go_on=0 known=0 went_on=0"
	put_file uring "rings: shown=0 without_owner=0 owed=0"
}

# An own copy of a tree, which lacks no file. usage: copy_tree NAME
copy_tree() {
	rm -rf "$WORK/tree"
	cp -a "$TREES/$1" "$WORK/tree"
	TREE=$WORK/tree
	with_io
}

# Members of a capture that docs/security.md does not list. Whoever gives it away relies on that. usage: undocumented FILE.tar
undocumented() {
	tar -tf "$1" | sed 's,^nbddiag-[A-Za-z0-9_.-]*/,,' | grep -vxE -f <(
		sed -n '/^## Captures/,/^## L/s/^| \(`[^|]*\) | .*/\1/p' "$TOP/docs/security.md" |
			awk -F '`' '{ for (i = 2; i < NF; i += 2) print $i }' |
			sed 's/\./\\./g; s/{/(/; s/}/)/; s/,/|/g; s/\<[PT]ID\>/[0-9]+/g; s/nbdN/nbd[0-9]+/
				s/DISK/[a-z0-9-]+(\/[a-z0-9-]+[0-9])?/g; s/PATH/.+/'
		echo 'sys/module/nbddiag/')
}

# The device of a tree that its commands are asked about.
device_of() {
	case $1 in
	healthy | stacked) echo nbd0 ;;
	incident3) echo nbd1 ;;
	*) echo nbd101 ;;
	esac
}

# On a terminal of some width. usage: on_terminal WIDTH LOCALE ARGUMENT...
on_terminal() {
	local width=$1 locale=$2
	shift 2
	LC_ALL=$locale script -qec "stty cols $width; $(printf '%q ' "$NBDDIAG" --root "$TREE" "$@") 2>/dev/null" /dev/null </dev/null | tr -d '\r'
}

width_of() { LC_ALL=C.UTF-8 wc -L; }
