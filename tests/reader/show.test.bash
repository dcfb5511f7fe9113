# shellcheck shell=bash disable=SC2153
# On a terminal the values of "show" are wrapped between words, in each capture of the documents. Nothing is lost by that.

CAPTURES=$HERE/../docs/captures

# Without the branches of the tree. usage: words_of LINES
words_of() { sed -E 's/^[^[:alnum:](]*//' | tr -s ' \n' '\n' | grep -v '^$' | sort; }

# Lines that are too wide, but for a single word: a name stays whole, so that it can be copied. usage: too_wide WIDTH
too_wide() {
	local line
	while IFS= read -r line; do
		[ ${#line} -le "$1" ] || grep -E '[[:alnum:]].* ' <<<"$line"
	done
}

# usage: wrapped TREE DEVICE WIDTH LOCALE
wrapped() {
	local TREE=$1 device=$2 width=$3 out what
	what="show of $(basename "$1"), $3 columns, $4"
	out=$(on_terminal "$width" "$4" show "$device")
	check_eq "$what: it fits" "$(too_wide "$width" <<<"$out")" ""
	run_reader --root "$TREE" show "$device"
	check_eq "$what: all of it" "$(words_of <<<"$out")" "$(words_of <<<"$OUT")"
}

for tree in "$CAPTURES"/*; do
	for file in "$tree/$DEBUGFS"/nbd*; do
		[ -e "$file" ] || continue
		wrapped "$tree" "$(basename "$file")" 80 C.UTF-8
		wrapped "$tree" "$(basename "$file")" 72 C
	done
done
TREE=$CAPTURES/cannot-attach
check_eq "show: the name of a server stays whole" \
	"$(on_terminal 80 C show nbd101 | grep -c ' path:"/export/jcloud-zbs/sock/gMgr-_vol-9vzkksccz1_i-lc9ky3p98b-_nbd101"$')" 1
check_eq "show: not on a terminal: a line for each" "$(LC_ALL=C "$NBDDIAG" --root "$TREE" show nbd101 2>/dev/null | grep -c 'sockets 1-3 .*exists: no')" 1
