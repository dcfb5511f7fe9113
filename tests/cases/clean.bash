# shellcheck shell=bash
# What the cases about the cleanup knob begin with.
. tests/cases/stalled.bash
. tests/cases/aiotool.bash
. tests/cases/knob.bash
. tests/cases/wedged.bash

# Both modules, nbd first.
begin_clean() {
	load_nbd max_part=0 nbds_max=16
	load_nbddiag allow_cleanup=1
	prove_layout needed
}
