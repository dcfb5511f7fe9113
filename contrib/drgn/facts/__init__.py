# SPDX-License-Identifier: GPL-2.0
# What nbddiag.py shows, by theme. Each file is written from the kernel's sources; none knows nbddiag's module.
