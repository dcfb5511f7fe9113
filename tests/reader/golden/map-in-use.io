DEVICE NAME   DRIVER STATE   FOUND ACCOUNTED OLDEST OP     ASKED          RESTS-AT       WHO                     PATHS
dm-0   mpatha dm_mod no-path     6         6  2m 0s read:6 dm-0(mpatha):6 dm-0(mpatha):6 fio[635]:5 page-cache:1 sda failed, sdb failed
nbddiag: this is a capture of host guest at 2026-11-26T17:59:33Z with kernel 6.12.117+deb13-amd64, and not this host
status 0
