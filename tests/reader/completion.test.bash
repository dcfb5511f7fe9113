# shellcheck shell=bash
# The bash completion, with the real program on a captured tree. Its words are those of a command line.

# usage: complete_line WORD...   (the last one is completed)
complete_line() {
	bash -c '
		. "$1"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
		_nbddiag
		printf "%s\n" "${COMPREPLY[@]}"
	' complete "$TOP/completion/nbddiag" "$@" 2>&1 | xargs
}

root=(--root "$TREES/incident1")
check_eq "commands" "$(complete_line "$NBDDIAG" '')" "list show holders aio io tasks uring check why clean capture metrics changes"
check_eq "a command" "$(complete_line "$NBDDIAG" ho)" "holders"
check_eq "devices" "$(complete_line "$NBDDIAG" "${root[@]}" show '')" "nbd0 nbd101"
check_eq "a device" "$(complete_line "$NBDDIAG" "${root[@]}" check nbd1)" "nbd101"
check_eq "no second device" "$(complete_line "$NBDDIAG" "${root[@]}" show nbd0 '')" ""
check_eq "a second device to list" "$(complete_line "$NBDDIAG" "${root[@]}" list nbd0 nbd1)" "nbd101"
check_eq "a device to check" "$(complete_line "$NBDDIAG" "${root[@]}" check nbd1)" "nbd101"
check_eq "a second device to check" "$(complete_line "$NBDDIAG" "${root[@]}" check nbd0 nbd1)" "nbd101"
check_eq "a device after why" "$(complete_line "$NBDDIAG" "${root[@]}" why nbd1)" "nbd101"
check_eq "devices without a module" "$(complete_line "$NBDDIAG" --root "$HERE/golden" show '')" ""
check_eq "columns" "$(complete_line "$NBDDIAG" list --output '')" \
	"$("$NBDDIAG" list --list-columns | awk '{ print $1 }' | xargs)"
check_eq "a column" "$(complete_line "$NBDDIAG" list -o ST)" "STATE"
check_eq "a second column" "$(complete_line "$NBDDIAG" list -o NAME,ST)" "NAME,STATE"
check_eq "a column that is there" "$(complete_line "$NBDDIAG" list -o STATE,ST)" ""
check_eq "one more column" "$(complete_line "$NBDDIAG" list -o +RE)" "+REASON +RECEIVERS +REFS"
for command in show holders aio io tasks uring; do
	check_eq "columns of $command" "$(complete_line "$NBDDIAG" $command --output '' | wc -w | sed 's/^[1-9].*/some/')" some
done
check_eq "a file to write metrics to" "$(cd "$TREES" && complete_line "$NBDDIAG" metrics --output heal)" healthy
check_eq "a device to clean" "$(complete_line "$NBDDIAG" "${root[@]}" clean --wait 5 nbd1)" "nbd101"
check_eq "nothing after --wait" "$(complete_line "$NBDDIAG" clean --wait '')" ""
check_eq "nothing after --pid" "$(complete_line "$NBDDIAG" aio --pid '')" ""
check_eq "a directory after --root" "$(complete_line "$NBDDIAG" --root "$TREES/heal")" "$TREES/healthy"
# As bash splits "--root=DIR".
check_eq "a directory after --root=" "$(complete_line "$NBDDIAG" --root = "$TREES/heal")" "$TREES/healthy"
check_eq "nothing yet after --root=" "$(cd "$TREES" && complete_line "$NBDDIAG" --root = | tr ' ' '\n' | sort | xargs)" "$(cd "$TREES" && echo *)"
check_eq "a device after --root=DIR" "$(complete_line "$NBDDIAG" --root = "$TREES/incident1" show nbd1)" "nbd101"
check_eq "a column after --output=" "$(complete_line "$NBDDIAG" list --output = ST)" "STATE"
check_eq "a command after --wait=5" "$(complete_line "$NBDDIAG" --wait = 5 cle)" "clean"

# Each option that it offers is taken, and each that is taken is offered.
for command in list show holders aio io tasks uring check why clean capture metrics changes; do
	offered=$(complete_line "$NBDDIAG" $command -- | tr ' ' '\n' | sort | xargs)
	taken=
	for option in $({
		echo --quiet
		"$NBDDIAG" --help | grep -oE -- '--[a-z-]+'
	} | sort -u); do
		# With too many arguments nothing is done.
		run_reader $command "$option" 1 a b c d
		[[ $ERR = *"takes no $option"* ]] || taken+=" $option"
	done
	check_eq "options of $command" "$offered" "${taken# }"
done
