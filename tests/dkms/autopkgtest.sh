# shellcheck shell=bash
# Runs debian/tests as Debian does: by autopkgtest, with the packages as built, in a system that has nothing but what
# they and debian/tests/control ask for. Sourced by run.

# Makes such a system of a machine's suite, kept in the cache. Sets BED. usage: need_bed MACHINE
need_bed() {
	local path new
	path=$(machine_path "$1")
	BED=$CACHE/dkms/bed-$(basename "$path")-$(sha256sum "$DKMS_DIR/autopkgtest.sh" | cut -c1-12)
	new=$CACHE/dkms/.bed-$1.new
	exec 9>"$CACHE/dkms/.bed-$1.lock"
	flock 9
	if [ ! -d "$BED" ]; then
		rm -rf "$new"
		# Mirror and proxy are the machine's. dpkg-dev is what autopkgtest itself needs there.
		mmdebstrap --mode=root --variant=apt --include=dpkg-dev --aptopt="$path/root/etc/apt/apt.conf.d/99mmdebstrap" \
			--dpkgopt=force-unsafe-io --dpkgopt="$path/root/etc/dpkg/dpkg.cfg.d/99mmdebstrap" \
			"" "$new" - <"$path/root/etc/apt/sources.list"
		mkdir -p "$new/src"
		mv "$new" "$BED"
		find "$CACHE/dkms" -maxdepth 1 -name "bed-$1-*" ! -path "$BED" -mmin +1440 -exec rm -rf {} +
	fi
	touch "$BED"
	exec 9>&-
}

# The test that autodep8 adds for dkms packages wants a machine of its own, and is skipped (status 2). The other parts
# of "run" build the module by dkms.
# usage: run_autopkgtest MACHINE
run_autopkgtest() {
	local src=$WORK/src-$1/new copy=$WORK/bed-$1
	need_bed "$1"
	new_copy "$copy" "$BED"
	mkdir -p "$copy/upper/etc"
	cp -L /etc/resolv.conf /etc/hosts "$copy/upper/etc/"
	# systemd-analyze of Debian 11 asks in which cgroup it is.
	# shellcheck disable=SC2016 # for the inner shell
	enter "$copy" "$src" bash -euc 'mount --rbind /sys "$1/sys"; shift; exec "$@"' with_sys "$copy/root" \
		timeout 900 autopkgtest --no-built-binaries --test-name=installed \
		--setup-commands='apt-get -q update' --summary-file="$WORK/autopkgtest-$1" \
		"$src"/dist/nbddiag{,-dkms}_*.deb "$src" -- chroot "$copy/root" || [ $? = 2 ]
	grep '^installed  *PASS' "$WORK/autopkgtest-$1"
	rm -rf "$copy"
}
