// SPDX-License-Identifier: GPL-2.0
/* A 32-bit program that waits in a futex; built without any library. */
static int word = 2;

static int call(int number, long first, long second, long third)
{
	int result;

	asm volatile("int $0x80" : "=a"(result) :
		     "a"(number), "b"(first), "c"(second), "d"(third), "S"(0) :
		     "memory");
	return result;
}

void _start(void);

void _start(void)
{
	call(4, 1, (long)"ready\n", 6);		/* write */
	for (;;)
		call(240, (long)&word, 128, 2);	/* futex, FUTEX_WAIT_PRIVATE */
}
