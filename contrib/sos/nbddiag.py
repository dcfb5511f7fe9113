# SPDX-License-Identifier: GPL-2.0
# A plugin of sos, for "sos report": see docs/monitoring.md of nbddiag.

from sos.report.plugins import (Plugin, IndependentPlugin, RedHatPlugin,
                                DebianPlugin, UbuntuPlugin)

# A capture of a host with 20,000 threads has some MiB.
LIMIT_MIB = 100
TIMEOUT_S = 60


# sos 4.0 of Debian knows no IndependentPlugin.
class Nbddiag(Plugin, IndependentPlugin, RedHatPlugin, DebianPlugin,
              UbuntuPlugin):
    """What nbddiag knows of nbd devices, block I/O, Linux AIO and io_uring: a
    capture, which "nbddiag --root" reads on another host.

    A capture may contain: the name of the host; names of programs, of threads
    and of virtual machines; paths and addresses of the servers of nbd devices,
    and of those who use them, which may name volumes and guests; names and
    UUIDs of devices of the device mapper, which name LVM volumes, encrypted
    disks, and multipath disks by their WWID; paths of the files of loop
    devices; mount points of these devices, and swap on them; paths of block
    devices that are open; names of cgroups that are frozen, which may name
    services, containers and guests; sectors of requests, but never what is in
    them; kernel stacks, arguments of system calls, addresses in the memory of
    processes, and the kernel's log. It contains no command lines, no
    environment, no other memory than the words of mutexes, and no names of
    other files but those of loop devices and of swap on these devices.
    docs/security.md of nbddiag has the list by file.

    With --clean nothing in the capture is masked. Before 4.2 sos leaves it
    as it is. From 4.2 on sos takes it out of the report, as a binary file,
    unless --keep-binary-files is given.
    """

    short_desc = 'nbd devices, block I/O, Linux AIO and io_uring'
    plugin_name = 'nbddiag'
    profiles = ('storage', 'virt')
    commands = ('nbddiag',)
    plugin_timeout = TIMEOUT_S + 30

    def setup(self):
        capture = self.get_cmd_output_path(name='capture') + '/nbddiag.tar'
        # If it becomes too large, or takes too long, it is removed: half an archive is of no use.
        self.add_cmd_output(
            'prlimit --fsize=%d nbddiag capture %s'
            % (LIMIT_MIB * 1024 * 1024, capture),
            suggest_filename='nbddiag_capture', timeout=TIMEOUT_S)
        self.add_cmd_output(['nbddiag list', 'nbddiag why'],
                            timeout=TIMEOUT_S)
