/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The private structures of the kernel that nbddiag looks into, and the
 * members that it uses. This is the whole list: what is not here is not read.
 *
 * STRUCT(id, name, home)
 *	home NBD: defined in nbd's own source; CORE: in vmlinux
 * MEMBER(struct id, id, name, class, size)
 *	class as in enum btf_class; size in bytes, 0: any (the code that uses
 *	the member checks it against the size of a public type)
 *
 * A member which only some kernels have is listed all the same: where it is
 * missing, the resolver says so and the code uses its other form.
 *
 * In the code a structure is LS_<id> ("layout structure") and a member
 * LM_<struct id>_<id> ("layout member"), for example LM_NBD_DEVICE_PID; see
 * resolve.h.
 *
 * Included wherever something is made of the list, with STRUCT or MEMBER or
 * both defined; therefore without a guard.
 */

#ifndef STRUCT
#define STRUCT(...)
#endif
#ifndef MEMBER
#define MEMBER(...)
#endif

STRUCT(NBD_DEVICE, "nbd_device", NBD)
STRUCT(NBD_CONFIG, "nbd_config", NBD)
STRUCT(NBD_SOCK, "nbd_sock", NBD)
STRUCT(NBD_CMD, "nbd_cmd", NBD)
STRUCT(BLK_MQ_TAGS, "blk_mq_tags", CORE)
STRUCT(KIOCTX, "kioctx", CORE)
STRUCT(KIOCTX_TABLE, "kioctx_table", CORE)
STRUCT(KIOCTX_CPU, "kioctx_cpu", CORE)
STRUCT(CTX_RQ_WAIT, "ctx_rq_wait", CORE)
STRUCT(AIO_RING, "aio_ring", CORE)
STRUCT(AIO_KIOCB, "aio_kiocb", CORE)
STRUCT(FSYNC_IOCB, "fsync_iocb", CORE)
STRUCT(POLL_IOCB, "poll_iocb", CORE)
STRUCT(AIO_INODE_INFO, "aio_inode_info", CORE)
STRUCT(BLKDEV_DIO, "blkdev_dio", CORE)
STRUCT(SLAB, "slab", CORE)
STRUCT(KMEM_CACHE, "kmem_cache", CORE)

MEMBER(NBD_DEVICE, TAG_SET, "tag_set", STRUCT, 0)
MEMBER(NBD_DEVICE, INDEX, "index", INT, 4)
MEMBER(NBD_DEVICE, CONFIG_REFS, "config_refs", STRUCT, 4)
MEMBER(NBD_DEVICE, REFS, "refs", STRUCT, 4)
MEMBER(NBD_DEVICE, CONFIG, "config", PTR, sizeof(void *))
MEMBER(NBD_DEVICE, CONFIG_LOCK, "config_lock", STRUCT, 0)
MEMBER(NBD_DEVICE, DISK, "disk", PTR, sizeof(void *))
MEMBER(NBD_DEVICE, LIST, "list", STRUCT, 2 * sizeof(void *))
MEMBER(NBD_DEVICE, TASK_RECV, "task_recv", PTR, sizeof(void *))
MEMBER(NBD_DEVICE, TASK_SETUP, "task_setup", PTR, sizeof(void *))
MEMBER(NBD_DEVICE, FLAGS, "flags", INT, sizeof(long))
MEMBER(NBD_DEVICE, PID, "pid", INT, 4)
MEMBER(NBD_DEVICE, BACKEND, "backend", PTR, sizeof(void *))
MEMBER(NBD_CONFIG, FLAGS, "flags", INT, 4)
MEMBER(NBD_CONFIG, RUNTIME_FLAGS, "runtime_flags", INT, sizeof(long))
MEMBER(NBD_CONFIG, DEAD_CONN_TIMEOUT, "dead_conn_timeout", INT, 8)
MEMBER(NBD_CONFIG, SOCKS, "socks", PTR, sizeof(void *))
MEMBER(NBD_CONFIG, NUM_CONNECTIONS, "num_connections", INT, 4)
MEMBER(NBD_CONFIG, LIVE_CONNECTIONS, "live_connections", STRUCT, 4)
MEMBER(NBD_CONFIG, CONN_WAIT, "conn_wait", STRUCT, 0)
MEMBER(NBD_CONFIG, RECV_THREADS, "recv_threads", STRUCT, 4)
MEMBER(NBD_CONFIG, RECV_WQ, "recv_wq", STRUCT, 0)
MEMBER(NBD_CONFIG, BLKSIZE, "blksize", INT, 8)
MEMBER(NBD_CONFIG, BLKSIZE_BITS, "blksize_bits", INT, 4)
MEMBER(NBD_CONFIG, BYTESIZE, "bytesize", INT, 8)
MEMBER(NBD_SOCK, SOCK, "sock", PTR, sizeof(void *))
MEMBER(NBD_SOCK, TX_LOCK, "tx_lock", STRUCT, 0)
MEMBER(NBD_SOCK, PENDING, "pending", PTR, sizeof(void *))
MEMBER(NBD_SOCK, SENT, "sent", INT, 4)
MEMBER(NBD_SOCK, DEAD, "dead", INT, 1)
MEMBER(NBD_SOCK, FALLBACK_INDEX, "fallback_index", INT, 4)
MEMBER(NBD_SOCK, COOKIE, "cookie", INT, 4)
MEMBER(NBD_CMD, NBD, "nbd", PTR, sizeof(void *))
MEMBER(NBD_CMD, LOCK, "lock", STRUCT, 0)
MEMBER(NBD_CMD, INDEX, "index", INT, 4)
MEMBER(NBD_CMD, COOKIE, "cookie", INT, 4)
MEMBER(NBD_CMD, RETRIES, "retries", INT, 4)
MEMBER(NBD_CMD, STATUS, "status", INT, 1)
MEMBER(NBD_CMD, FLAGS, "flags", INT, sizeof(long))
MEMBER(BLK_MQ_TAGS, NR_TAGS, "nr_tags", INT, 4)
MEMBER(BLK_MQ_TAGS, RQS, "rqs", PTR, sizeof(void *))
MEMBER(BLK_MQ_TAGS, STATIC_RQS, "static_rqs", PTR, sizeof(void *))
MEMBER(KIOCTX, DEAD, "dead", STRUCT, 4)
MEMBER(KIOCTX, REQS, "reqs", STRUCT, 0)
MEMBER(KIOCTX, USER_ID, "user_id", INT, sizeof(long))
MEMBER(KIOCTX, CPU, "cpu", PTR, sizeof(void *))
MEMBER(KIOCTX, MAX_REQS, "max_reqs", INT, 4)
MEMBER(KIOCTX, NR_EVENTS, "nr_events", INT, 4)
MEMBER(KIOCTX, RING_PAGES, "ring_pages", PTR, sizeof(void *))
MEMBER(KIOCTX, RING_FOLIOS, "ring_folios", PTR, sizeof(void *))
MEMBER(KIOCTX, RQ_WAIT, "rq_wait", PTR, sizeof(void *))
MEMBER(KIOCTX, REQS_AVAILABLE, "reqs_available", STRUCT, 4)
MEMBER(KIOCTX, TAIL, "tail", INT, 4)
MEMBER(KIOCTX, COMPLETED_EVENTS, "completed_events", INT, 4)
MEMBER(KIOCTX, AIO_RING_FILE, "aio_ring_file", PTR, sizeof(void *))
MEMBER(KIOCTX_TABLE, NR, "nr", INT, 4)
MEMBER(KIOCTX_TABLE, TABLE, "table", ARRAY, 0)
MEMBER(KIOCTX_CPU, REQS_AVAILABLE, "reqs_available", INT, 4)
MEMBER(CTX_RQ_WAIT, COMP, "comp", STRUCT, 0)
MEMBER(CTX_RQ_WAIT, COUNT, "count", STRUCT, 4)
MEMBER(AIO_RING, HEAD, "head", INT, 4)
MEMBER(AIO_KIOCB, RW, "rw", STRUCT, 0)
MEMBER(AIO_KIOCB, KI_FILP, "ki_filp", PTR, sizeof(void *))
MEMBER(AIO_KIOCB, FSYNC, "fsync", STRUCT, 0)
MEMBER(AIO_KIOCB, POLL, "poll", STRUCT, 0)
MEMBER(AIO_KIOCB, KI_CTX, "ki_ctx", PTR, sizeof(void *))
MEMBER(AIO_KIOCB, KI_RES, "ki_res", STRUCT, 0)
MEMBER(AIO_KIOCB, KI_LIST, "ki_list", STRUCT, 2 * sizeof(void *))
MEMBER(AIO_KIOCB, KI_REFCNT, "ki_refcnt", STRUCT, 4)
MEMBER(FSYNC_IOCB, WORK, "work", STRUCT, 0)
MEMBER(POLL_IOCB, WAIT, "wait", STRUCT, 0)
MEMBER(AIO_INODE_INFO, VFS_INODE, "vfs_inode", STRUCT, 0)
MEMBER(AIO_INODE_INFO, CTX, "ctx", PTR, sizeof(void *))
MEMBER(BLKDEV_DIO, IOCB, "iocb", PTR, sizeof(void *))
MEMBER(BLKDEV_DIO, BIO, "bio", STRUCT, 0)
MEMBER(SLAB, SLAB_CACHE, "slab_cache", PTR, sizeof(void *))
MEMBER(KMEM_CACHE, FLAGS, "flags", INT, 4)
MEMBER(KMEM_CACHE, SIZE, "size", INT, 4)
MEMBER(KMEM_CACHE, OBJECT_SIZE, "object_size", INT, 4)
MEMBER(KMEM_CACHE, ALIGN, "align", INT, 4)
MEMBER(KMEM_CACHE, RED_LEFT_PAD, "red_left_pad", INT, 4)

#undef STRUCT
#undef MEMBER
