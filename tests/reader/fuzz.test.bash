# shellcheck shell=bash
# The parser of the module's files, fed by libFuzzer with the captured ones as seeds.

mkdir -p "$WORK/seeds"
for tree in healthy incident1 incident2; do
	for file in "$TREES/$tree/$DEBUGFS"/{aio,devices,nbd0,nbd101}; do
		[ ! -e "$file" ] || cp "$file" "$WORK/seeds/$tree.$(basename "$file")"
	done
done
seconds=${FUZZ_SECONDS:-20}
if "$BUILD/text_fuzz" -max_total_time="$seconds" -timeout=5 -max_len=16384 -print_final_stats=1 \
	-artifact_prefix="$BUILD/" "$WORK/seeds" >"$BUILD/fuzz.log" 2>&1; then
	pass "no fault of the parser in $seconds seconds"
	grep -E '^stat::number_of_executed_units' "$BUILD/fuzz.log" | sed 's/^/# /'
else
	fail "no fault of the parser in $seconds seconds" "$(tail -n 30 "$BUILD/fuzz.log")"
fi
