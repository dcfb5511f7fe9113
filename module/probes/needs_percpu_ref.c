// SPDX-License-Identifier: GPL-2.0
/* Needed by kioctx_peek(), which reads the count of a context's references. */
#include <linux/percpu-refcount.h>

long need_percpu_ref(const struct percpu_ref *ref);
long need_percpu_ref(const struct percpu_ref *ref)
{
	return atomic_long_read(&ref->data->count);
}
