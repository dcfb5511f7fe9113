# SPDX-License-Identifier: GPL-2.0
# nbddiag: see "make help" and README.md.

KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build

all: module

module:
	@test -d $(KDIR) || { \
		echo "nbddiag: no kernel headers in $(KDIR):" \
		     "install linux-headers for $(KVER), or give KDIR= or KVER=" >&2; \
		exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

# The program nbddiag; needs libsmartcols-dev, libarchive-dev and libnl-genl-3-dev.
reader:
	$(MAKE) -C userspace

# Installs what the tests need, then runs all of them.
test:
	tests/run-all

# Makes a machine of arm64 (10 minutes), boots it emulated and runs all cases there.
test-arm64:
	tests/deps qemu-system-arm qemu-user-static binfmt-support
	tests/vm/run -m arm64

# Builds for each suite's -cloud and -rt kernels, and boots an -rt kernel.
test-headers:
	tests/deps
	tests/headers

# Boots a machine, wedges a real nbd device and shows the diagnosis.
demo:
	tests/demo/run

check-static:
	tests/static

clean:
	rm -rf tests/out tests/unit/build tests/reader/build
	$(MAKE) -C userspace clean
	find . -path ./.git -prune -o \( -name '*.o' -o -name '*.ko' -o -name '*.mod' \
		-o -name '*.mod.c' -o -name '.*.cmd' -o -name Module.symvers \
		-o -name modules.order \) -print | xargs -r rm -f

help:
	@echo 'make               build nbddiag.ko for the running kernel'
	@echo 'make KVER=VERSION  build for another installed kernel'
	@echo 'make KDIR=DIR      build against the kernel headers in DIR'
	@echo 'make reader        build userspace/nbddiag, the reader'
	@echo 'make demo          boot a VM, wedge an nbd device, show the diagnosis (root)'
	@echo 'make test          run all tests; installs what they need (root)'
	@echo 'make test-arm64    make an arm64 VM, run all cases in it (root; 40 minutes)'
	@echo 'make test-headers  build for the -cloud and -rt kernels, boot an -rt kernel (root)'
	@echo 'make check-static  checkpatch, shellcheck and the like only'
	@echo 'make clean         remove what was built'

.PHONY: all module reader test test-arm64 test-headers demo check-static clean help
