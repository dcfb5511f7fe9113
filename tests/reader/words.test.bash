# shellcheck shell=bash disable=SC2153
# What the module does not know it writes as "-(word)", in any key. That is no damage: each command goes on, and what
# it prints stays well-formed.

# shellcheck source=tests/reader/stacks.bash
. "$HERE/stacks.bash"

# Each word that the module and the reader share, and those that only keys of these files have.
words() {
	grep -oE '^WORD_[A-Z]+\([A-Z0-9_, ]+"[a-z-]+"' "$TOP/module/access/words.h" | sed 's/.*"\(.*\)"/\1/' | sort -u
	printf '%s\n' submitting removing more not-recorded owner-not-found several gone no-bio no-block-device too-many-lines not-found-below
}

# The keys of a file, and the fields of its lines, each once: "KEY" or "KEY FIELD".
keys_of() {
	sed 1d "$1" | while IFS= read -r line; do
		if [[ $line = *': '*=* ]]; then
			sed 's/"[^"]*"//g; s/^[a-z_]*: //' <<<"$line" | grep -oE '(^| )[a-z_]+=' | tr -d ' =' | sed "s/^/${line%%:*} /"
		else
			echo "${line%%:*}"
		fi
	done | sort -u
}

# The lines of the true FILE, with WORD in place of each value of KEY. usage: unknown FILE WORD KEY [FIELD]
unknown() {
	if [ -n "${4:-}" ]; then
		sed -E "s/^($3: (.* )?)$4=(\"[^\"]*\"|[^ ]*)/\\1$4=-($2)/" "$1"
	else
		sed -E "s/^$3: .*/$3: -($2)/" "$1"
	fi
}

# How a command fares that has just run. usage: wrong WHAT ARGUMENT...   (prints what is wrong)
wrong() {
	local why
	if ! why=$(is_sane "$STATUS" "$WORK/out" "$WORK/err"); then
		echo "$*: $why"
	elif [[ $STATUS != [01] || $ERR = *"cannot be read or understood"* ]]; then
		echo "$*: status $STATUS: $ERR"
	elif [[ " $* " = *" --json"* ]] && ! why=$(is_json_right "$WORK/out" "$@"); then
		echo "$*: JSON: $why"
	fi
}

# Each key in turn, the commands in turn. usage: each_key FILE COMMAND...   (a command is one argument)
each_key() {
	local file=$TREE/$DEBUGFS/$1 name=$1 key field commands arguments all i=0 all_wrong=
	shift
	commands=("$@")
	mapfile -t all < <(words)
	mv "$file" "$WORK/true"
	while read -r key field; do
		unknown "$WORK/true" "${all[i % ${#all[@]}]}" "$key" "$field" >"$file"
		if cmp -s "$WORK/true" "$file"; then
			all_wrong+="$key $field: nothing was replaced"$'\n'
		fi
		read -ra arguments <<<"${commands[i++ % ${#commands[@]}]}"
		run_reader --root "$TREE" "${arguments[@]}"
		all_wrong+=$(wrong "$key $field" "${arguments[@]}")
	done < <(keys_of "$WORK/true")
	check_eq "$name: a word in each of $i keys" "$all_wrong" ""
	# Each word everywhere but in the heads, which say how many lines there are.
	for key in "${all[@]}"; do
		sed -E "/^(disks|requests|contexts|waiters|complete|scan|format): /!s/([a-z_]+)=(\"[^\"]*\"|[^ ]*)/\\1=-($key)/g" "$WORK/true" >"$file"
		read -ra arguments <<<"${commands[i++ % ${#commands[@]}]}"
		run_reader --root "$TREE" "${arguments[@]}"
		all_wrong+=$(wrong "$key everywhere" "${arguments[@]}")
	done
	check_eq "$name: each of ${#all[@]} words everywhere" "$all_wrong" ""
	mv "$WORK/true" "$file"
}

make_stacks
{
	stacks_aio | sed -E 's/^scan: quick/scan: deep/; s/^(context: .*)/\1 unfound=1 missing=0/'
	echo "owed_by: pid=700 user_id=0x7f0000000000 requests=1 -(several-kinds)"
	echo "candidate: pid=700 user_id=0x7f0000000000 device=dm-1 dev=253:1"
	echo 'unfound: pid=700 user_id=0x7f0000000000 asked=dm-1 dev=253:1 fs="ext4" op=read pos_bytes=0 direct=yes state=submitting'
} >"$TREE/$DEBUGFS/aio_scan"
each_key io "io --full --json" "why mpatha" "holders vg-lv --json"
each_key aio "aio --full --json" "holders vg-lv --json"
each_key aio_scan "aio --deep" "aio --deep --full --json"
rm -r "$TREE"
