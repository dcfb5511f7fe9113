/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The functions that are called when a bio is done, and what leads from such a
 * bio upward. This is the whole list: what is not here is not followed.
 *
 * FUNCTION(id, name, step)
 *	name as in symbol_text_is(); that of a module also without it, as it
 *	may be built in; step: a function of chain.c
 *
 * Included wherever something is made of the list, with FUNCTION defined;
 * therefore without a guard.
 */

FUNCTION(BLKDEV_BIO_END_IO_ASYNC, "blkdev_bio_end_io_async", blkdev_async)
FUNCTION(BLKDEV_BIO_END_IO, "blkdev_bio_end_io", blkdev)
FUNCTION(BLKDEV_BIO_END_IO_SIMPLE, "blkdev_bio_end_io_simple", private_task)
FUNCTION(SUBMIT_BIO_WAIT_ENDIO, "submit_bio_wait_endio", completion)
FUNCTION(BIO_WAIT_END_IO, "bio_wait_end_io", completion)
FUNCTION(IOMAP_DIO_BIO_END_IO, "iomap_dio_bio_end_io", iomap)
FUNCTION(IOMAP_DIO_SIMPLE_END_IO, "iomap_dio_simple_end_io", iomap_simple)
FUNCTION(DIO_BIO_END_AIO, "dio_bio_end_aio", dio)
FUNCTION(DIO_BIO_END_IO, "dio_bio_end_io", dio)
FUNCTION(END_BIO_BH_IO_SYNC, "end_bio_bh_io_sync", pages)
FUNCTION(BH_END_READ, "bh_end_read", pages)
FUNCTION(BH_END_WRITE, "bh_end_write", pages)
FUNCTION(BH_END_ASYNC_READ, "bh_end_async_read", pages)
FUNCTION(BH_END_ASYNC_WRITE, "bh_end_async_write", pages)
FUNCTION(MPAGE_END_IO, "mpage_end_io", pages)
FUNCTION(MPAGE_READ_END_IO, "mpage_read_end_io", pages)
FUNCTION(MPAGE_WRITE_END_IO, "mpage_write_end_io", pages)
FUNCTION(IOMAP_READ_END_IO, "iomap_read_end_io", pages)
FUNCTION(IOMAP_WRITEPAGE_END_BIO, "iomap_writepage_end_bio", pages)
FUNCTION(IOEND_WRITEBACK_END_BIO, "ioend_writeback_end_bio", pages)
FUNCTION(END_SWAP_BIO_READ, "end_swap_bio_read", swap_page)
FUNCTION(END_SWAP_BIO_WRITE, "end_swap_bio_write", swap_page)
FUNCTION(SWAP_BIO_READ_END_IO, "swap_bio_read_end_io", swap_page)

FUNCTION(JOURNAL_END_BUFFER_IO_SYNC, "journal_end_buffer_io_sync [jbd2]", pages)
FUNCTION(JOURNAL_END_BUFFER_IO_SYNC_BUILT_IN, "journal_end_buffer_io_sync",
	 pages)
FUNCTION(CLONE_ENDIO, "clone_endio [dm_mod]", dm_clone)
FUNCTION(CLONE_ENDIO_BUILT_IN, "clone_endio", dm_clone)
FUNCTION(THIN_OVERWRITE_ENDIO, "overwrite_endio [dm_thin_pool]", dm_clone)
FUNCTION(CACHE_OVERWRITE_ENDIO, "overwrite_endio [dm_cache]", dm_clone)
FUNCTION(OVERWRITE_ENDIO_BUILT_IN, "overwrite_endio", dm_clone)
FUNCTION(INTEGRITY_END_IO, "integrity_end_io [dm_integrity]", dm_clone)
FUNCTION(INTEGRITY_END_IO_BUILT_IN, "integrity_end_io", dm_clone)
FUNCTION(VERITY_END_IO, "verity_end_io [dm_verity]", dm_clone)
FUNCTION(VERITY_END_IO_BUILT_IN, "verity_end_io", dm_clone)
FUNCTION(END_CLONE_BIO, "end_clone_bio [dm_mod]", dm_rq_clone)
FUNCTION(END_CLONE_BIO_BUILT_IN, "end_clone_bio", dm_rq_clone)
FUNCTION(CRYPT_ENDIO, "crypt_endio [dm_crypt]", crypt_io)
FUNCTION(CRYPT_ENDIO_BUILT_IN, "crypt_endio", crypt_io)
FUNCTION(MD_END_CLONE_IO, "md_end_clone_io [md_mod]", md_clone)
FUNCTION(MD_END_CLONE_IO_BUILT_IN, "md_end_clone_io", md_clone)
FUNCTION(MD_END_IO_ACCT, "md_end_io_acct [md_mod]", md_acct)
FUNCTION(MD_END_IO_ACCT_BUILT_IN, "md_end_io_acct", md_acct)
FUNCTION(RAID1_END_READ_REQUEST, "raid1_end_read_request [raid1]", raid1)
FUNCTION(RAID1_END_READ_REQUEST_BUILT_IN, "raid1_end_read_request", raid1)
FUNCTION(RAID1_END_WRITE_REQUEST, "raid1_end_write_request [raid1]", raid1)
FUNCTION(RAID1_END_WRITE_REQUEST_BUILT_IN, "raid1_end_write_request", raid1)
FUNCTION(RAID10_END_READ_REQUEST, "raid10_end_read_request [raid10]", raid10)
FUNCTION(RAID10_END_READ_REQUEST_BUILT_IN, "raid10_end_read_request", raid10)
FUNCTION(RAID10_END_WRITE_REQUEST, "raid10_end_write_request [raid10]", raid10)
FUNCTION(RAID10_END_WRITE_REQUEST_BUILT_IN, "raid10_end_write_request", raid10)
FUNCTION(EXT4_MPAGE_END_IO, "mpage_end_io [ext4]", pages)
FUNCTION(EXT4_END_BIO, "ext4_end_bio [ext4]", pages)
FUNCTION(EXT4_END_BIO_BUILT_IN, "ext4_end_bio", pages)
FUNCTION(XFS_END_BIO, "xfs_end_bio [xfs]", pages)
FUNCTION(XFS_END_BIO_BUILT_IN, "xfs_end_bio", pages)

#undef FUNCTION
