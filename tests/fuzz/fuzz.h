/* SPDX-License-Identifier: GPL-2.0 */
/* What libFuzzer and the sanitizers call, and no header of theirs declares. */
#ifndef NBDDIAG_FUZZ_H
#define NBDDIAG_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/* In place of exit(), by which a command ends when it cannot go on. */
void fuzz_exit(int status);

#endif /* NBDDIAG_FUZZ_H */
