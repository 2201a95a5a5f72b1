/* A disk that fails, or loses what was not synced, for the files below one folder. Loaded with LD_PRELOAD; disk.py builds
 * it, tells it what to do, and takes back what a power cut would.
 *
 * FAULTY_FOLDER  the folder
 * FAULTY_CONTROL a file with three bytes: the errno of writes, that of syncs, and which call of how many fails
 * FAULTY_JOURNAL a file that gets what each write changed, and what became of each sync; unset where nobody takes anything back
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* What a disk writes as one. */
#define SECTOR 512

enum kind { CHANGED = 1, SYNCED = 2, NOT_SYNCED = 3 };

struct control {
    uint8_t write_error, sync_error, one_of;
};

/* Before the path and the bytes that were there. */
struct head {
    uint64_t kind, file, offset, old_length, upto, path_length, bytes;
};

static const volatile struct control nothing_fails = {0, 0, 1};
static const volatile struct control *control = &nothing_fails;
static const char *folder;
static int journal = -1;
static uint64_t changes, calls;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void)
{
    const char *told = getenv("FAULTY_CONTROL"), *kept = getenv("FAULTY_JOURNAL");
    folder = getenv("FAULTY_FOLDER");
    int file = told ? syscall(SYS_openat, AT_FDCWD, told, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) {
        void *mapped = mmap(NULL, sizeof *control, PROT_READ, MAP_SHARED, file, 0);
        if (mapped != MAP_FAILED)
            control = mapped;
        syscall(SYS_close, file);
    }
    if (kept)
        journal = syscall(SYS_openat, AT_FDCWD, kept, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

/* Whether a descriptor is a file below the folder. SQLite's index of the log is shared memory, which no cut outlives. */
static int watches(int fd, struct stat *file, char path[PATH_MAX])
{
    char name[64];
    if (!folder || fstat(fd, file) || !S_ISREG(file->st_mode))
        return 0;
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(name, path, PATH_MAX - 1);
    size_t prefix = strlen(folder);
    if (length <= (ssize_t)prefix || strncmp(path, folder, prefix) || path[prefix] != '/')
        return 0;
    path[length] = 0;
    return length < 4 || strcmp(path + length - 4, "-shm") != 0;
}

static int fails(uint8_t error)
{
    if (!error || __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) % (control->one_of ? control->one_of : 1))
        return 0;
    errno = error;
    return 1;
}

static void note(struct head head, const char *path, const void *bytes)
{
    head.path_length = strlen(path);
    struct iovec parts[] = {{&head, sizeof head}, {(void *)path, head.path_length}, {(void *)bytes, head.bytes}};
    ssize_t whole = sizeof head + head.path_length + head.bytes;
    if (syscall(SYS_writev, journal, parts, 3) != whole)
        abort();
}

/* Reads what a file has. One that is for writing only is opened once more; never one of SQLite's, whose locks the closing
 * would give up. */
static int read_old(int fd, char *old, size_t length, off_t from)
{
    char again[64];
    if (syscall(SYS_pread64, fd, old, length, from) >= 0)
        return 1;
    snprintf(again, sizeof again, "/proc/self/fd/%d", fd);
    int reading = syscall(SYS_openat, AT_FDCWD, again, O_RDONLY | O_CLOEXEC);
    int read = reading >= 0 && syscall(SYS_pread64, reading, old, length, from) >= 0;
    if (reading >= 0)
        syscall(SYS_close, reading);
    return read;
}

/* Notes the sectors of a part of a file as they are before a change. */
static void note_change(int fd, const struct stat *file, const char *path, off_t from, off_t to)
{
    off_t begin = from - from % SECTOR, end = (to + SECTOR - 1) / SECTOR * SECTOR;
    char *old = calloc(1, end - begin + 1);
    if (!old || !read_old(fd, old, end - begin, begin))
        abort();
    changes++;
    note((struct head){.kind = CHANGED, .file = file->st_ino, .offset = begin, .old_length = file->st_size,
                       .bytes = end - begin}, path, old);
    free(old);
}

/* A failing write has written a part. Without an offset it is at the file's own place. */
static ssize_t put(int fd, const void *bytes, size_t length, const off_t *at)
{
    struct stat file;
    char path[PATH_MAX];
    if (!watches(fd, &file, path))
        return at ? syscall(SYS_pwrite64, fd, bytes, length, *at) : syscall(SYS_write, fd, bytes, length);
    pthread_mutex_lock(&lock);
    int error = fails(control->write_error) ? errno : 0;
    size_t part = error ? length / 2 : length;
    if (journal >= 0 && part > 0 && fstat(fd, &file) == 0) {
        int appends = fcntl(fd, F_GETFL) & O_APPEND;
        off_t from = appends ? file.st_size : at ? *at : lseek(fd, 0, SEEK_CUR);
        note_change(fd, &file, path, from, from + part);
    }
    ssize_t done = at ? syscall(SYS_pwrite64, fd, bytes, part, *at) : syscall(SYS_write, fd, bytes, part);
    pthread_mutex_unlock(&lock);
    if (error) {
        errno = error;
        return -1;
    }
    return done;
}

/* What was written before it began is on the disk once it ends, or may never be if it fails. */
static int sync_with(long call, int fd)
{
    struct stat file;
    char path[PATH_MAX];
    if (!watches(fd, &file, path))
        return syscall(call, fd);
    pthread_mutex_lock(&lock);
    struct head head = {.kind = SYNCED, .file = file.st_ino, .upto = changes};
    pthread_mutex_unlock(&lock);
    int error = fails(control->sync_error) ? errno : syscall(call, fd) ? errno : 0;
    if (error)
        head.kind = NOT_SYNCED;
    if (journal >= 0) {
        pthread_mutex_lock(&lock);
        note(head, path, NULL);
        pthread_mutex_unlock(&lock);
    }
    errno = error;
    return error ? -1 : 0;
}

static int cut_to(int fd, off_t length)
{
    struct stat file;
    char path[PATH_MAX];
    pthread_mutex_lock(&lock);
    if (journal >= 0 && watches(fd, &file, path))
        note_change(fd, &file, path, length < file.st_size ? length : file.st_size, file.st_size);
    int done = syscall(SYS_ftruncate, fd, length);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) { return put(fd, bytes, length, NULL); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return put(fd, bytes, length, &at); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) { return put(fd, bytes, length, &at); }
int fsync(int fd) { return sync_with(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_with(SYS_fdatasync, fd); }
int ftruncate(int fd, off_t length) { return cut_to(fd, length); }
int ftruncate64(int fd, off_t length) { return cut_to(fd, length); }

/* Files are written by `put` only: whoever copies or gathers finds that it cannot, or only a part. */
ssize_t writev(int fd, const struct iovec *parts, int count)
{
    struct stat file;
    char path[PATH_MAX];
    if (!watches(fd, &file, path))
        return syscall(SYS_writev, fd, parts, count);
    for (int part = 0; part < count; part++)
        if (parts[part].iov_len > 0)
            return put(fd, parts[part].iov_base, parts[part].iov_len, NULL);
    return 0;
}

ssize_t copy_file_range(int from, off_t *begin, int to, off_t *at, size_t length, unsigned flags)
{
    struct stat file;
    char path[PATH_MAX];
    if (!watches(to, &file, path))
        return syscall(SYS_copy_file_range, from, begin, to, at, length, flags);
    errno = ENOSYS;
    return -1;
}
