# shellcheck shell=bash disable=SC2153
# Lines that a terminal's width breaks: a command or a path in quotes is never broken, so that it can be copied.

# usage: stays_whole TREE TEXT ARGUMENT...
stays_whole() {
	local text=$2 width locale lost='' wanted
	TREE=$1
	shift 2
	wanted=$("$NBDDIAG" --root "$TREE" "$@" 2>/dev/null | grep -cF -- "$text")
	for locale in C C.UTF-8; do
		for width in $(seq 30 7 120) 80 200; do
			[ "$(on_terminal "$width" "$locale" "$@" | grep -cF -- "$text")" = "$wanted" ] || lost+=" $width"
		done
	done
	check_eq "$*: $text is there" "$((wanted > 0))" 1
	check_eq "$*: $text is broken at no width" "$lost" ""
}

captures=$TOP/tests/docs/captures
stays_whole "$captures/killed" "'kill -CONT 4325'" why
stays_whole "$captures/killed" "'nbd-client -d /dev/nbd0'" check nbd0
stays_whole "$captures/map-in-use" "'dmsetup message mpatha 0 fail_if_no_path'" why
copy_tree incident1
sed -i 's|/export/jcloud-zbs/sock/gMgr-|/export/my \\"own\\" volumes, Ann'"'"'s/|' "$TREE/$DEBUGFS/nbd101"
stays_whole "$TREE" 'path:"/export/my \"own\" volumes, Ann'"'"'s/_vol-pw2h3n703v_i-kjmcfy5lto-_nbd101"' why nbd101

# A long cause goes on below its beginning, and not as a sentence of its own.
TREE=$captures/deadlock
check_eq "why: a cause of two lines" "$(on_terminal 80 C.UTF-8 why | grep -A 1 '^1\. ')" \
	"1. live_migration[4207] and IO iothread4[4208] wait for each other in the
   program qemu-system-x86[4200]."
