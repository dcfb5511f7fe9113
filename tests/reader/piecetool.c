// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a program, and prints in how many writes, and how many lines, it writes to
 * standard error. usage: piecetool PROGRAM ARGUMENT...
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	size_t pieces = 0, lines = 0;
	char piece[65536];
	int ends[2];
	ssize_t got, i;

	/* What is written at once comes as one packet. */
	if (argc < 2 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends))
		return 1;
	if (!fork()) {
		dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		execv(argv[1], argv + 1);
		_exit(127);
	}
	close(ends[1]);
	while ((got = recv(ends[0], piece, sizeof(piece), 0)) > 0) {
		pieces++;
		for (i = 0; i < got; i++)
			lines += piece[i] == '\n';
	}
	printf("%zu %zu\n", pieces, lines);
	return 0;
}
