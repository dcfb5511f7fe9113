DEVICE NAME DRIVER STATE FOUND ACCOUNTED OLDEST OP     ASKED  RESTS-AT WHO              PATHS
nbd0        nbd              2         2  3m 9s read:2 nbd0:2 nbd0:2   qemu-kvm[4200]:2 
nbddiag: this is a capture of host guest at 2026-11-26T17:44:46Z with kernel 6.12.117+deb13-amd64, and not this host
status 0
