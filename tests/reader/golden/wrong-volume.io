
nbddiag: this is a capture of host guest at 2026-11-26T17:47:48Z with kernel 6.12.117+deb13-amd64, and not this host
nbddiag: no disk has anything outstanding (disks: 3)
status 0
