# SPDX-License-Identifier: GPL-2.0
# nbddiag: see "make help" and README.md.

KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
export PREFIX DESTDIR

mandir := $(DESTDIR)$(PREFIX)/share/man
completiondir := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
unitdir := $(DESTDIR)$(PREFIX)/lib/systemd/system
datadir := $(DESTDIR)$(PREFIX)/share/nbddiag
units := nbddiag-changes.service nbddiag-metrics.service nbddiag-metrics.timer
modprobeconf := $(DESTDIR)$(SYSCONFDIR)/modprobe.d/nbddiag.conf
version := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)

all: module

module:
	@test -d $(KDIR) || { \
		echo "nbddiag: no kernel headers in $(KDIR):" \
		     "install linux-headers for $(KVER), or give KDIR= or KVER=" >&2; \
		exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

# The program nbddiag; what it needs is checked in userspace/Makefile.
reader:
	$(MAKE) -C userspace

# Everything; with DESTDIR only the files, and dkms is not asked.
install: check-install reader
	$(MAKE) install-module install-reader install-units

check-install:
	$(if $(DESTDIR),,@packaging/dkms-install check "$(KVER)")

install-reader: reader
	$(MAKE) -C userspace install
	install -D -m 644 man/nbddiag.8 $(mandir)/man8/nbddiag.8
	install -D -m 644 completion/nbddiag $(completiondir)/nbddiag
	install -D -m 644 contrib/prometheus/nbddiag.rules.yml $(datadir)/prometheus/nbddiag.rules.yml
	install -D -m 644 contrib/grafana/nbddiag.json $(datadir)/grafana/nbddiag.json
	install -D -m 644 contrib/sos/nbddiag.py $(datadir)/sos/nbddiag.py
	install -D -m 644 -t $(datadir)/drgn contrib/drgn/nbddiag.py contrib/drgn/README.md
	install -D -m 644 -t $(datadir)/drgn/facts contrib/drgn/facts/*.py

# Nothing is enabled. The services call the program where that is.
install-units:
	install -d $(unitdir)
	install -m 644 -t $(unitdir) $(addprefix contrib/systemd/,$(units))
	sed -i 's#/usr/sbin/#$(PREFIX)/sbin/#' $(addprefix $(unitdir)/,$(filter %.service,$(units)))

# An example that has become a configuration is the administrator's.
install-module:
	packaging/dkms-install $(if $(DESTDIR),source "$(DESTDIR)/usr/src/nbddiag-$(version)",install "$(KVER)")
	install -D -m 644 man/nbddiag.4 $(mandir)/man4/nbddiag.4
	grep -qs '^[^#]' $(modprobeconf) || install -D -m 644 modprobe.d/nbddiag.conf $(modprobeconf)

uninstall:
	$(if $(DESTDIR),rm -rf "$(DESTDIR)/usr/src/nbddiag-$(version)",packaging/dkms-install uninstall)
	$(if $(DESTDIR),,-systemctl disable --now nbddiag-metrics.timer 2>/dev/null)
	rm -f $(addprefix $(unitdir)/,$(units))
	-rmdir $(unitdir) $(dir $(unitdir)) 2>/dev/null
	rm -f $(datadir)/prometheus/nbddiag.rules.yml $(datadir)/grafana/nbddiag.json $(datadir)/sos/nbddiag.py
	rm -rf $(datadir)/drgn
	-rmdir $(datadir)/prometheus $(datadir)/grafana $(datadir)/sos 2>/dev/null
	$(MAKE) -C userspace uninstall
	$(if $(DESTDIR),,rm -rf /var/lib/nbddiag)
	$(if $(DESTDIR),,rm -f $(addprefix /var/lib/prometheus/node-exporter/,nbddiag.prom nbddiag.prom.new))
	rm -f $(mandir)/man8/nbddiag.8 $(mandir)/man4/nbddiag.4 $(completiondir)/nbddiag
	@if grep -s '^[^#]' $(modprobeconf); then \
		echo "nbddiag: $(modprobeconf) is kept for these lines"; \
	else \
		rm -f $(modprobeconf); \
	fi

# The source as a tarball, the same bytes each time, and packages made of it; all in dist/.
dist deb rpm:
	@packaging/check-version
	packaging/$@

# Installs what the tests need, then runs those that there is time for after each change.
test:
	tests/run-all

# Everything: all cases on all machines, and all the targets below but bench.
test-all:
	tests/run-all all

# What is too long for "make test": packages and kernels on every suite, and machines booted with them.
test-install:
	tests/deps
	tests/dkms/run -k bullseye bookworm trixie backports

# Makes a machine of arm64 (10 minutes), boots it emulated and runs all cases there.
test-arm64:
	tests/deps qemu-system-arm qemu-user-static binfmt-support arch-test
	tests/vm/run -m arm64

# Builds for arm64, which needs no machine of arm64, and the objects for pages of 64 KiB.
test-cross:
	tests/deps
	tests/cross

# Builds for every kernel that Debian's suites offer for amd64, arm64 and loong64.
test-headers:
	tests/deps
	tests/headers

# The same for loong64 alone.
test-loongarch:
	tests/deps
	tests/headers -a loong64 forky sid

# Boots each suite's -rt kernel and runs some cases there.
test-rt:
	tests/deps
	tests/rt

# Compares what the module says with what a drgn script says, of a live kernel and of a dump.
test-oracle:
	tests/deps python3
	tests/oracle/run

# The storm of "make test" for so long in each machine, and in that of test-debug.
STORM_SECONDS ?= 60
test-storm:
	tests/deps
	tests/storm $(STORM_SECONDS)

# Compiles kernels that find bugs (KASAN, lockdep, kmemleak and more), sees that they find them, and runs
# all cases in one, some in the newest.
test-debug:
	tests/deps
	tests/debug/run debug debug-newest

# The same with a kernel that finds data races, for the cases that have any.
test-kcsan:
	tests/deps
	tests/debug/run kcsan

# Fuzzes each parser for so long, and keeps what it learns for the next time.
FUZZ_SECONDS ?= 600
fuzz:
	tests/deps
	tests/fuzz/run $(FUZZ_SECONDS)

# Measures what nbddiag costs, in VMs of one machine (three quarters of an hour emulated), and prints a table.
bench:
	tests/deps
	tests/bench/run

# Boots a machine, makes three incidents in it with real devices and shows the diagnosis of each.
demo:
	@tests/demo/run

# Boots a machine with all three, to try commands in.
demo-shell:
	@tests/demo/run shell

# Writes docs/matrix.md: on which kernels the tests were run, and how that ended.
matrix:
	tests/matrix

check-static:
	tests/static

clean:
	rm -rf dist tests/out tests/unit/build tests/reader/build tests/fuzz/build
	$(MAKE) -C userspace clean
	find . -path ./.git -prune -o \( -name '*.o' -o -name '*.ko' -o -name '*.mod' \
		-o -name '*.mod.c' -o -name '.*.cmd' -o -name Module.symvers \
		-o -name modules.order \) -print | xargs -r rm -f

help:
	@echo 'make               build nbddiag.ko for the running kernel'
	@echo 'make KVER=VERSION  build for another installed kernel'
	@echo 'make KDIR=DIR      build against the kernel headers in DIR'
	@echo 'make reader        build userspace/nbddiag, the reader'
	@echo 'make install       build and install everything, the module by dkms (root)'
	@echo '                   KVER=VERSION, PREFIX=/usr/local, DESTDIR=DIR (files only)'
	@echo 'make uninstall     take all of it away (root)'
	@echo 'make deb           build Debian packages into dist/'
	@echo 'make rpm           build rpm packages into dist/'
	@echo 'make dist          make a source tarball in dist/'
	@echo 'make demo          boot a VM, make three incidents in it, show the diagnosis (root)'
	@echo 'make demo-shell    boot a VM with the three incidents, to try commands in (root)'
	@echo 'make test          run the tests; installs what they need (root; about an hour)'
	@echo 'make test-all      run everything on every machine (root; many hours)'
	@echo 'make test-install  test packages and dkms on every suite, in chroots and VMs (root)'
	@echo 'make test-arm64    make an arm64 VM, run all cases in it (root; 40 minutes)'
	@echo 'make test-cross    build for arm64, without a machine (root)'
	@echo 'make test-headers  build for every kernel that Debian has headers of (root)'
	@echo 'make test-loongarch  build for the loong64 kernels among them (root)'
	@echo 'make test-rt       boot the -rt kernels, run some cases there (root)'
	@echo 'make test-oracle   compare the module with a drgn script, live and by a dump (root; 15 minutes)'
	@echo 'make test-storm    do everything at once in all VMs, STORM_SECONDS=60 in each (root)'
	@echo 'make test-debug    compile kernels with KASAN, lockdep and the like, run the cases in them (root)'
	@echo 'make test-kcsan    compile a kernel that finds data races, run some cases in it (root)'
	@echo 'make fuzz          fuzz each parser, FUZZ_SECONDS=600 (root, to install clang)'
	@echo 'make bench         measure what nbddiag costs, in VMs; prints a table (root; 45 minutes)'
	@echo 'make matrix        write into docs/matrix.md what test runs have recorded'
	@echo 'make check-static  checkpatch, shellcheck and the like only'
	@echo 'make clean         remove what was built'

.PHONY: all module reader install check-install install-reader install-module install-units uninstall dist deb rpm
.PHONY: test test-all test-install test-arm64 test-cross test-headers test-loongarch test-oracle test-rt test-storm test-debug test-kcsan fuzz bench demo demo-shell matrix check-static clean help
