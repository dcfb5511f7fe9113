// SPDX-License-Identifier: GPL-2.0
/* Text on a terminal: how wide that is, and lines broken between words. */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fold.h"

size_t fold_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) ||
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return 0;
	return size.ws_col;
}

void fold_print(const char *text, size_t width, size_t indent)
{
	size_t column = strspn(text, " "), len;

	printf("%.*s", (int)column, text);
	text += column;
	while (*text) {
		len = strcspn(text, " ");
		printf("%.*s", (int)len, text);
		column += len;
		text += len;
		if (!*text)
			break;
		len = strspn(text, " ");
		if (width && column + len + strcspn(text + len, " ") > width) {
			printf("\n%*s", (int)indent, "");
			column = indent;
		} else {
			printf("%.*s", (int)len, text);
			column += len;
		}
		text += len;
	}
}
