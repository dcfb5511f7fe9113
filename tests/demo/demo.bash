# shellcheck shell=bash
# What the demonstrations share; what a command prints is the demonstration.
. tests/cases/incidents.bash

# Prints a command as if typed, and runs it.
show() {
	echo "# $*"
	"$@" 2>&1 || echo "(exit status $?)"
}

explain() { printf '\n=== %s\n' "$*"; }
